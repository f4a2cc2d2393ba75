"""Reception: answers the switch's AGI steps, for callers in a flow and for agents' phones."""
