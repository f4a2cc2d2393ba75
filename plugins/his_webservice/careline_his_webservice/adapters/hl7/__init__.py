"""Systems that exchange HL7 v2 messages over MLLP."""
