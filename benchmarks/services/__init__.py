"""The classifier in the hands of other frameworks, one file each, to be compared with the service of this repository.

None is needed by it: `python -m benchmarks.frameworks --help` says where they are installed. Each is set up as its own
documents advise for throughput, which its file cites, with the batches of `Setup`, and answers `POST /classify` with
label and probabilities of each beat. The service of this repository answers more: abstentions and receipts.
"""
