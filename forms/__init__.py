"""Form files (bpmn.io form JSON) and their server-side validation."""
