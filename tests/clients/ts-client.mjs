// A client out of the official TypeScript SDK and nothing else: node ts-client.mjs URL
//
// Connects, lists the tools, calls `echo`, and prints what came of it as one line of JSON. For each further line on its
// standard input it does so once more, with the connection and the tokens it has. What the SDK leaves to programs is in
// here: a place to keep tokens, and a browser, which for this one is a fetch that follows redirects.

import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const url = new URL(process.argv[2]);

/** The last thing that came to the callback address. @type {URLSearchParams | undefined} */
let callback;
const callbacks = createServer((request, response) => {
  callback = new URL(request.url, "http://127.0.0.1").searchParams;
  response.end("You can close this tab.");
});
callbacks.listen(0, "127.0.0.1");
await once(callbacks, "listening");
const redirectUrl = `http://127.0.0.1:${callbacks.address().port}/callback`;

let client_information, tokens, verifier;
let asked = 0;
const authProvider = {
  redirectUrl,
  clientMetadata: { client_name: "TypeScript client", redirect_uris: [redirectUrl] },
  state: () => "ts-state",
  clientInformation: () => client_information,
  saveClientInformation: (information) => void (client_information = information),
  tokens: () => tokens,
  saveTokens: (saved) => void (tokens = saved),
  codeVerifier: () => verifier,
  saveCodeVerifier: (saved) => void (verifier = saved),
  redirectToAuthorization: async (to) => {
    asked += 1;
    await (await fetch(to)).text();
  },
};

async function connect() {
  const client = new Client({ name: "ts-client", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(url, { authProvider }));
  return client;
}

async function connectAndAuthorize() {
  try {
    return await connect();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
  }
  const code = callback?.get("code");
  if (!code) return null;
  await new StreamableHTTPClientTransport(url, { authProvider }).finishAuth(code);
  return connect();
}

const print = (value) => console.log(JSON.stringify(value));

const client = await connectAndAuthorize();
if (client === null) {
  print({ error: callback?.get("error") });
  process.exit();
}

async function use() {
  const { tools } = await client.listTools();
  const echo = await client.callTool({ name: "echo", arguments: { message: "through the door" } });
  print({
    asked,
    issuer: callback?.get("iss"),
    state: callback?.get("state"),
    tools: tools.map((tool) => tool.name),
    echo: echo.content[0].text,
  });
}

await use();
for await (const _ of createInterface({ input: process.stdin })) await use();
process.exit();
