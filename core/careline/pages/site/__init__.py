"""The site: campuses, calendar, called numbers, trunks, queues, checked as `careline` does."""
