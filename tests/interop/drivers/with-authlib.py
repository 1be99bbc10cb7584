"""Authlib, which knows OAuth and nothing of MCP: python3 with-authlib.py URL"""

import json
import os

# Authlib wants https, and makes this exception for loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from program import REDIRECT_URL, SERVER, answer_in, browse, end

ISSUER = SERVER.split("/mcp/")[0]

metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()
# Authlib has no client for registration. It says nothing of a method either, so it is left out here.
registration = {"client_name": "Authlib", "redirect_uris": [REDIRECT_URL]}
client = requests.post(metadata["registration_endpoint"], json=registration).json()

session = OAuth2Session(
    client["client_id"],
    client.get("client_secret"),
    token_endpoint_auth_method=client["token_endpoint_auth_method"],
    code_challenge_method="S256",
    redirect_uri=REDIRECT_URL,
)
verifier = generate_token(48)
address, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, resource=SERVER)
callback = browse(address)
# Authlib looks for a code, and without one asks for `client_credentials`. Errors are the program's to see.
if error := answer_in(callback).get("error"):
    end({"error": error})
session.fetch_token(metadata["token_endpoint"], authorization_response=callback, state=state, code_verifier=verifier, resource=SERVER)
session.refresh_token(metadata["token_endpoint"])


def send(mcp_session=None, **message):
    """Sends a message; the server answers in an event stream."""
    headers = {"Accept": "application/json, text/event-stream"}
    if mcp_session:
        headers["Mcp-Session-Id"] = mcp_session
    response = session.post(SERVER, json={"jsonrpc": "2.0", **message}, headers=headers)
    response.raise_for_status()
    data = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: {")]
    return response.headers.get("Mcp-Session-Id"), json.loads(data[0])["result"] if data else None


hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "authlib", "version": "1.0.0"}}
mcp, _ = send(id=1, method="initialize", params=hello)
send(mcp, method="notifications/initialized")
_, listed = send(mcp, id=2, method="tools/list")
_, echo = send(mcp, id=3, method="tools/call", params={"name": "echo", "arguments": {"message": "through the door"}})
end({"tools": [tool["name"] for tool in listed["tools"]], "echo": echo["content"][0]["text"]})
