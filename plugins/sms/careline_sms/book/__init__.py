"""The address book: numbers beside those of patients, such as wards, doctors and partners."""
