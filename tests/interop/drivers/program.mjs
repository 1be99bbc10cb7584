// What libraries leave to programs: a callback address, a browser, and something to do with the connection.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";

/** The address of the guarded server. */
export const server = new URL(process.argv[2]);

const callbacks = createServer();
callbacks.listen(0, "127.0.0.1");
await once(callbacks, "listening");

/** Where answers come back to. */
export const redirectUrl = `http://127.0.0.1:${callbacks.address().port}/callback`;

/** Opens the browser, and gives the address that it comes back to. */
export async function browse(address) {
  spawn(process.env.BROWSER, [address], { stdio: "ignore" });
  const [request, response] = await once(callbacks, "request");
  response.end("You can close this tab.");
  return new URL(request.url, redirectUrl);
}

/** Says what came of it, and ends. */
export function end(said) {
  console.log(JSON.stringify(said));
  process.exit();
}
