"""Alarms (告警) of four levels: raised and cleared by what watches the house, kept as history."""
