"""Declarative rules from a hospital's own words to careline's: shared by SOAP and SQL systems.

``formats`` reads and writes single values, ``template`` fills requests, ``records`` says what each
kind of row holds, ``rows`` builds departments, clinics, slots and people of them.
"""
