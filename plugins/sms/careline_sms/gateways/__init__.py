"""Ways to gateways of text messages; each stands alone behind careline.messaging.gateway."""
