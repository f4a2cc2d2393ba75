"""Pages and panels: answers, the agent's question, low scores, surveys."""
