// A client out of the official TypeScript SDK, version 2, and nothing else: node ts-sdk-v2.mjs URL

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

import { browse, end, redirectUrl, server } from "./program.mjs";

const kept = {};
let callback;
const authProvider = {
  redirectUrl,
  clientMetadata: { client_name: "TypeScript SDK v2", redirect_uris: [redirectUrl] },
  clientInformation: () => kept.information,
  saveClientInformation: (information) => void (kept.information = information),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  redirectToAuthorization: async (address) => void (callback = await browse(address)),
};

const transport = () => new StreamableHTTPClientTransport(server, { authProvider });
const client = () => new Client({ name: "ts-sdk-v2", version: "1.0.0" });

const first = transport();
try {
  await client().connect(first);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
}
try {
  await first.finishAuth(callback.searchParams);
} catch (error) {
  end({ error: error.code ?? error.message });
}
const connected = client();
await connected.connect(transport());
const { tools } = await connected.listTools();
const echo = await connected.callTool({ name: "echo", arguments: { message: "through the door" } });
end({ tools: tools.map((tool) => tool.name), echo: echo.content[0].text });
