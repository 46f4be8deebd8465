// The API key, where the service asks for one: held in memory alone, so that nothing of it stays on this computer.

let key = "";
let asking = null;

export const authorization = () => (key ? { Authorization: `Bearer ${key}` } : {});

// Where a key is missing (status 401) it is asked for, once for all who wait. Whether there is one now, to try again with.
export async function keyGivenAfter(status) {
  if (status !== 401) return false;
  asking ??= askForKey().finally(() => { asking = null; });
  return asking;
}

function askForKey() {
  const box = document.getElementById("key-box"), field = document.getElementById("key");
  document.getElementById("key-unknown").hidden = !key;
  field.value = box.returnValue = "";
  box.showModal();
  return new Promise((done) => {
    box.addEventListener("close", () => {
      const given = box.returnValue === "use";
      if (given) key = field.value.trim();
      field.value = "";
      done(given);
    }, { once: true });
  });
}
