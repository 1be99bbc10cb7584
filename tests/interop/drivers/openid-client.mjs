// openid-client, which knows OAuth and nothing of MCP: node openid-client.mjs URL

import * as oauth from "openid-client";

import { browse, end, redirectUrl, server } from "./program.mjs";

const resource = server.href;
const config = await oauth.dynamicClientRegistration(
  new URL(server.origin),
  { client_name: "openid-client", redirect_uris: [redirectUrl], token_endpoint_auth_method: "client_secret_post" },
  undefined,
  { algorithm: "oauth2", execute: [oauth.allowInsecureRequests] },
);

const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
const expectedState = oauth.randomState();
const callback = await browse(
  oauth.buildAuthorizationUrl(config, {
    redirect_uri: redirectUrl,
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    resource,
  }),
);

let tokens;
try {
  tokens = await oauth.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState }, { resource });
} catch (error) {
  end({ error: error.error ?? error.message });
}
tokens = await oauth.refreshTokenGrant(config, tokens.refresh_token, { resource });

/** Sends a message; the server answers in an event stream. */
async function send(message, session) {
  const headers = new Headers({ "Content-Type": "application/json", Accept: "application/json, text/event-stream" });
  if (session) headers.set("Mcp-Session-Id", session);
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  const response = await oauth.fetchProtectedResource(config, tokens.access_token, server, "POST", body, headers);
  const data = (await response.text()).match(/^data: (\{.*)$/m)?.[1];
  return { session: response.headers.get("Mcp-Session-Id"), result: data && JSON.parse(data).result };
}

const clientInfo = { name: "openid-client", version: "1.0.0" };
const { session } = await send({ id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo } });
await send({ method: "notifications/initialized" }, session);
const list = await send({ id: 2, method: "tools/list" }, session);
const echo = await send({ id: 3, method: "tools/call", params: { name: "echo", arguments: { message: "through the door" } } }, session);
end({ tools: list.result.tools.map((tool) => tool.name), echo: echo.result.content[0].text });
