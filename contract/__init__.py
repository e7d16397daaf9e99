"""What the workspace, the bridge and the bots agree on: ids, resource names, events, and the HTTP client.

Nothing here knows Django, Matrix libraries or NATS. The workspace emits `contract.events`; the bridge and the bots
read them and ask their questions through `contract.client.WorkspaceClient`.
"""
