// The authorization server of the MCP TypeScript SDK, with everything in memory and nobody asked: what Doorward is compared with.
// It says where it serves, and ends when its standard input does.

import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/clients/package.json", import.meta.url));
const express = createRequire(require.resolve("@modelcontextprotocol/sdk/server/auth/router.js"))("express");
const { mcpAuthRouter } = require("@modelcontextprotocol/sdk/server/auth/router.js");

const [clients, codes, refreshes] = [new Map(), new Map(), new Map()];
const secret = () => randomBytes(32).toString("base64url");

/** New tokens for a client. */
function tokens(client) {
  const refresh_token = secret();
  refreshes.set(refresh_token, client);
  return { access_token: secret(), token_type: "Bearer", expires_in: 900, refresh_token };
}

const provider = {
  clientsStore: {
    getClient: (id) => clients.get(id),
    registerClient: (client) => {
      clients.set(client.client_id, client);
      return client;
    },
  },
  authorize: async (client, { codeChallenge, redirectUri, state }, response) => {
    const code = secret();
    codes.set(code, { client: client.client_id, codeChallenge });
    const to = new URL(redirectUri);
    to.searchParams.set("code", code);
    if (state !== undefined) to.searchParams.set("state", state);
    response.redirect(303, to.href);
  },
  challengeForAuthorizationCode: async (_, code) => codes.get(code).codeChallenge,
  exchangeAuthorizationCode: async (client, code) => {
    codes.delete(code);
    return tokens(client.client_id);
  },
  exchangeRefreshToken: async (client, token) => {
    if (!refreshes.delete(token)) throw new Error("unknown");
    return tokens(client.client_id);
  },
  verifyAccessToken: async () => {
    throw new Error("nobody asks");
  },
};

const app = express();
const unlimited = { rateLimit: false };
const options = { clientRegistrationOptions: unlimited, authorizationOptions: unlimited, tokenOptions: unlimited };
app.use(mcpAuthRouter({ provider, issuerUrl: new URL("http://localhost"), ...options }));
const server = app.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit()).resume();
