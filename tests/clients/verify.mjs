// A server that validates access tokens itself, as its author would write it with the package `jose` and nothing else:
// node verify.mjs JWKS_URI ISSUER AUDIENCE
//
// Reads one token from each line of its standard input and prints what came of it as one line of JSON.

import { createInterface } from "node:readline";

import { createRemoteJWKSet, jwtVerify } from "jose";

const [keysAt, issuer, audience] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(keysAt), { cooldownDuration: 0 });

for await (const token of createInterface({ input: process.stdin })) {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience, typ: "at+jwt", algorithms: ["ES256"] });
    console.log(JSON.stringify({ payload, header: protectedHeader }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.code ?? String(error) }));
  }
}
