"""SLA clocks: policies as data, events of a case, and the replay that makes clocks and segments of them."""
