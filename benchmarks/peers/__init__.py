"""gatewayd beside other SMS gateways on the same simulated modem: `python -m benchmarks.peers --help`.

modems.py is the other end of the line and writes traces, trace.py makes figures of them, usage.py reads what processes
cost; gateway.py, gammu.py and smstools.py each run one program; scenarios.py measures, table.py prints.
"""
