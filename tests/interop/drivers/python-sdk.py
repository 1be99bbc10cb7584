"""A client out of the official Python SDK and nothing else: python3 python-sdk.py URL"""

import asyncio

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from program import REDIRECT_URL, SERVER, answer_in, browse, end


class Memory:
    """Keeps what the SDK asks to be kept."""

    tokens = information = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.information

    async def set_client_info(self, information):
        self.information = information


class Browser:
    """Goes where the SDK says, and comes back."""

    async def go(self, address):
        self.answer = answer_in(await asyncio.to_thread(browse, address))

    async def come_back(self):
        if "error" in self.answer:
            end({"error": self.answer["error"]})
        return AuthorizationCodeResult(**self.answer)


async def main():
    browser = Browser()
    metadata = OAuthClientMetadata(client_name="Python SDK", redirect_uris=[REDIRECT_URL])
    auth = OAuthClientProvider(SERVER, metadata, Memory(), browser.go, browser.come_back)
    async with httpx2.AsyncClient(auth=auth, timeout=60) as http:
        async with Client(streamable_http_client(SERVER, http_client=http)) as client:
            listed = await client.list_tools()
            echo = await client.call_tool("echo", {"message": "through the door"})
            end({"tools": [tool.name for tool in listed.tools], "echo": echo.content[0].text})


asyncio.run(main())
