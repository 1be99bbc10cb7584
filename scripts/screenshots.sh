#!/usr/bin/env bash
# Takes the pictures in docs/screenshots: the real windows of target/debug, light and dark, at one and at two dots a pixel.
#
# They show 127.0.0.1:8765, so nothing else may listen there. Besides what the tests need, this needs chromium: the
# browser of the person in the pictures.
#
# `wait_for` calls functions, which shellcheck does not follow; "$@" in `start` belongs to the shell it starts:
# shellcheck disable=SC2016,SC2317,SC2329
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin="$PWD/target/debug" pictures="$PWD/docs/screenshots"
# The server in the pictures, where `npm ci` in tests/interop puts it.
filesystem="$PWD/tests/interop/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js"
port=8765 broker=http://127.0.0.1:8765

# The program in the pictures: it registers, waits on a port of its own, and uses what it was allowed. With a client
# identifier it uses the registration of another program. It prints one address to open for each server.
write_client() {
    cat >"$1" <<'PYTHON'
import base64, hashlib, http.server, json, os, sys, threading, urllib.parse, urllib.request

broker, port, name, client, *servers = sys.argv[1:]
redirect = f"http://localhost:{port}/callback"
verifier = "a" * 43
challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def post(path, body, **headers):
    request = urllib.request.Request(broker + path, body.encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


if client == "-":
    body = json.dumps({"client_name": name, "redirect_uris": [redirect]})
    client = post("/oauth/register", body, **{"Content-Type": "application/json"})["client_id"]


class Callback(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sent = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if "code" in sent:
            body = {"grant_type": "authorization_code", "client_id": client, "code": sent["code"][0],
                    "code_verifier": verifier, "redirect_uri": redirect}
            token = post("/oauth/token", urllib.parse.urlencode(body))["access_token"]
            threading.Thread(target=work, args=[token]).start()
        self.send_response(200)
        self.end_headers()


def call(token, tool, **arguments):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    headers = {"Authorization": f"Bearer {token}", "Mcp-Session-Id": session(token), "MCP-Protocol-Version": "2025-11-25"}
    send(message, headers).read()


def session(token):
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": name, "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}
    return send(message, {"Authorization": f"Bearer {token}"}).headers["Mcp-Session-Id"]


def send(message, headers):
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    return urllib.request.urlopen(urllib.request.Request(f"{broker}/mcp/{servers[0]}", json.dumps(message).encode(), headers))


# What an agent does: it looks, and then it wants to change something.
def work(token):
    folder = os.path.dirname(os.path.abspath(__file__)) + "/work"
    call(token, "list_directory", path=folder)
    call(token, "read_text_file", path=folder + "/notes.md")
    call(token, "edit_file", path=folder + "/notes.md", edits=[{"oldText": "teh", "newText": "the"}])


listener = http.server.HTTPServer(("127.0.0.1", int(port)), Callback)
for server in servers:
    print(broker + "/oauth/authorize?" + urllib.parse.urlencode({
        "response_type": "code", "client_id": client, "redirect_uri": redirect, "state": server,
        "code_challenge": challenge, "code_challenge_method": "S256", "resource": f"{broker}/mcp/{server}"}), flush=True)
listener.serve_forever()
PYTHON
}

# A program that a person started at a shell, and not this script. What belongs to it is ended by `end_started`.
start() { setsid --fork bash -c 'echo $$ >>"$0"; "$@" & wait' "$HOME/started" "$@"; }
end_started() {
    local shell
    # At once: nothing of theirs is kept, and a browser that ends writes into its folder.
    while read -r shell; do kill -KILL -- "-$shell" 2>/dev/null || true; done <"$HOME/started"
}

# visit NAME ADDRESS: opens the address in a browser of its own.
visit() {
    local options=(--headless=new --no-first-run --disable-background-networking --user-data-dir="$HOME/$1")
    ((EUID != 0)) || options+=(--no-sandbox)
    # It starts slowly, and Doorward has to find out about it meanwhile.
    start nice -n 19 chromium "${options[@]}" "$2" >"$HOME/$1.log" 2>&1
}

doorward() { "$bin/doorward" "$@"; }
# At a terminal, with yes as the answer.
person_types() { script --quiet --return --command "$bin/doorward $*" /dev/null <<<y >/dev/null; }

# wait_for COMMAND…: repeats the command until it succeeds, for at most 20 seconds.
wait_for() {
    for ((i = 0; i < 400; i++)); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.05
    done
    echo "screenshots: waited in vain: $*" >&2
    return 1
}

consent='^Doorward: request$' main='^Doorward$'
window() { xdotool search --onlyvisible --name "$1" | tail -1; }
is_up() { [[ -n $(window "$1") ]]; }
is_gone() { ! is_up "$1"; }
# A key that comes with the window was meant for another one, so it takes more than one.
dismissed() { xdotool key Escape && sleep 0.3 && is_gone "$consent"; }

# Whether Doorward could tell every program that has to do with what waits. On a busy computer it may not.
all_seen() {
    doorward requests --json | /usr/bin/python3 -c '
import json, sys
ends = lambda it: [it["requester"]] + [it["registrant"], it["listener"]] * (it["kind"] not in ("call", "add_server"))
sys.exit(any(seen["state"] != "seen" for it in json.load(sys.stdin) for seen in ends(it)))'
}

# picture TITLE NAME: what the window with this title shows, once it has the keyboard and stands still.
picture() {
    wait_for is_up "$1"
    all_seen || { echo "screenshots: this computer is too busy" >&2; return 1; }
    xdotool windowactivate --sync "$(window "$1")"
    sleep 2
    # Without dithering plain colours stay plain, and the files small.
    import -window "$(window "$1")" +dither -colors 256 -strip -define png:compression-level=9 "PNG8:$pictures/$2-$THEME$SUFFIX.png"
}

# press TITLE X Y: a click at a place in the window, given in pixels of the page. Negative: from the right, the bottom.
press() {
    local id x=$(($2 * GDK_SCALE)) y=$(($3 * GDK_SCALE)) shape
    id=$(window "$1")
    shape=$(xdotool getwindowgeometry --shell "$id")
    ((x >= 0)) || x=$((x + $(sed -n s/^WIDTH=//p <<<"$shape")))
    ((y >= 0)) || y=$((y + $(sed -n s/^HEIGHT=//p <<<"$shape")))
    xdotool mousemove --window "$id" "$x" "$y" click 1 mousemove 0 0
}

# The story that the pictures tell, on a screen of its own.
show() {
    local demo other
    # In a place with a short name, because the pictures show it.
    demo=/tmp/claude-code
    mkdir "$demo"
    : >"$HOME/started"
    # shellcheck disable=SC2064 # now
    trap "end_started; rm -rf '$demo'" EXIT
    write_client "$demo/claude-code.py"
    cp "$demo/claude-code.py" "$demo/helper.py"

    "$bin/doorward-desktop" >"$HOME/desktop.log" 2>&1 &
    wait_for doorward status
    person_types add everything http://127.0.0.1:3001/mcp
    mkdir "$demo/work"
    echo "teh notes" >"$demo/work/notes.md"
    # The pictures show the path of the server, which is therefore a short one.
    ln -s "${filesystem%/@*}" "$demo/node_modules"
    start "$bin/doorward" add files --folder "$demo" -- node "$demo/node_modules/@${filesystem##*/@}" "$demo/work" >"$HOME/added" 2>&1
    picture "$consent" consent-new-server
    press "$consent" -60 -35
    wait_for is_gone "$consent"
    wait_for grep --quiet guarded "$HOME/added"

    start /usr/bin/python3 "$demo/claude-code.py" "$broker" 54545 "Claude Code" - files everything >"$demo/addresses" 2>"$HOME/claude-code.log"
    wait_for grep --quiet everything "$demo/addresses"
    visit first "$(head -1 "$demo/addresses")"
    picture "$consent" consent
    press "$consent" -60 -35
    wait_for is_gone "$consent"
    # The agent works, and comes to what it was not allowed.
    picture "$consent" consent-call
    press "$consent" -60 -35
    wait_for is_gone "$consent"

    # Another program that waits where the answer to a registration of somebody else's goes.
    start curl --silent --json '{"client_name":"Claude Code","redirect_uris":["http://localhost/callback"]}' "$broker/oauth/register" >"$demo/registered"
    wait_for grep --quiet client_id "$demo/registered"
    other=$(/usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["client_id"])' <"$demo/registered")
    start /usr/bin/python3 "$demo/helper.py" "$broker" 9999 - "$other" everything >"$demo/other" 2>"$HOME/helper.log"
    wait_for grep --quiet everything "$demo/other"
    visit second "$(cat "$demo/other")"
    picture "$consent" consent-other-program
    press "$consent" 60 -35
    wait_for is_gone "$consent"

    visit third "$(tail -1 "$demo/addresses")"
    wait_for is_up "$consent"
    xdotool windowactivate --sync "$(window "$consent")"
    wait_for dismissed
    picture "$main" main-requests
    press "$main" 60 75
    picture "$main" main-apps
    press "$main" 60 115
    picture "$main" main-servers
    press "$main" 60 150
    picture "$main" main-activity
}

if [[ ${1:-} == show ]]; then
    show
    exit
fi

[[ -e $filesystem ]] || { echo "The server of the pictures is missing: scripts/setup.sh interop" >&2; exit 1; }
command -v chromium >/dev/null || { echo "chromium is missing: sudo apt-get install chromium" >&2; exit 1; }
for port in 8765 54545 9999; do
    if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "Port $port is in use, and the pictures show it." >&2
        exit 1
    fi
done
mkdir -p "$pictures"
for THEME in light dark; do
    for GDK_SCALE in 1 2; do
        SUFFIX='' GTK_THEME=Adwaita
        ((GDK_SCALE == 1)) || SUFFIX=@2x
        [[ $THEME == light ]] || GTK_THEME=Adwaita:dark
        export THEME GDK_SCALE SUFFIX GTK_THEME
        export HEADLESS_WM=1 HEADLESS_SCREEN=$((1280 * GDK_SCALE))x$((800 * GDK_SCALE))
        for try in 1 2 3 4; do
            if scripts/headless.sh "$PWD/scripts/screenshots.sh" show; then break; fi
            ((try < 4))
            sleep 5
        done
    done
done
ls -l "$pictures"
