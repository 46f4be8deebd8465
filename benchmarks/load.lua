-- What wrk does for benchmarks/load.py: it posts one body again and again.
--
-- Arguments: the body's media type, its file, and, where requests come at moments of their own, how many a second and
-- whether these moments are "even" or "random" (exponential gaps, a Poisson process). They wait for no answer: whichever
-- client is free takes the next, and one that comes more than a millisecond after its moment is counted as late.

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]])

local CLOCK_MONOTONIC = 1
local clock = ffi.new("moment")
local threads = {}

local function milliseconds()
  ffi.C.clock_gettime(CLOCK_MONOTONIC, clock)
  return tonumber(clock.seconds) * 1e3 + tonumber(clock.nanoseconds) * 1e-6
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = args[1]
  wrk.body = assert(io.open(args[2], "rb")):read("*a")
  late = 0 -- global, for done
  if args[3] then
    delay = at_moments(1e3 / tonumber(args[3]), args[4])
  end
end

function at_moments(gap, pace)
  local moment
  math.randomseed(1) -- the same moments in each run
  return function()
    local now = milliseconds()
    moment = (moment or now) + (pace == "random" and -math.log(1 - math.random()) * gap or gap)
    if moment < now - 1 then
      late = late + 1
    end
    return math.max(moment - now, 0)
  end
end

function done(summary, latency)
  local errors, late = summary.errors, 0
  for _, thread in ipairs(threads) do
    late = late + thread:get("late")
  end
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "p99": %.6f, "late": %d, "refused": %d, "broken": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e6, late,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
