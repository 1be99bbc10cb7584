# Every text that a person reads in Doorward, in English: the language that the others follow. Syntax: https://projectfluent.org
# { $named } is "no" for a program that gave itself no name.

## Shared

deny = Deny
    .key = D
later = Later
    .key = L
deny-more = More ways to deny
deny-mute =
    { $named ->
        [no] Deny, and do not ask about this program for an hour
       *[yes] Deny, and do not ask about { $program } for an hour
    }
deny-never = Deny, and never ask about this app again
allow = Allow
    .key = A
cancel = Cancel
named =
    { $named ->
        [no] A program without a name
       *[yes] “{ $name }”
    }
today-at = today { $time }
day-at = { $day }, { $time }
failed = That did not work. Please try again.

typed-wrong = That is not what is shown there. Nothing was given.
still-starting = Doorward is still starting.

## Titles and notifications: never a name that a program chose

title-request = Doorward: request
open = Open Doorward
notice-connect = A program wants to use { $server }. Open Doorward to answer.
notice-call = A program wants to run a tool on { $server }. Open Doorward to answer.
notice-changed = { $server } changed its tools. Open Doorward to look.
notice-add-server = A program wants to add a server. Open Doorward to answer.
notice-lapsed =
    { $n ->
        [one] { $n } request lapsed while you were away: { $servers }. Nothing was given.
       *[other] { $n } requests lapsed while you were away: { $servers }. Nothing was given.
    }
notice-code-twice = An answer of Doorward for { $server } was used twice. The access it gave was taken back.
notice-token-copied = A copy of a token for { $server } was used by another program. The access was taken back.
notice-imported =
    { $n ->
        [0] The import ended. No server was imported.
        [one] The import ended. { $n } server was imported.
       *[other] The import ended. { $n } servers were imported.
    }

## The browser tab: it tells, and asks nothing

tab-title = Doorward is asking
tab-answer = Answer in the Doorward window
tab-number = The window shows this number too, or asks you to type it. Closing this tab withdraws the request.
tab-code = It shows a code. Allow only if the program that sent you here shows the same one.
tab-nothing-given = Nothing was given
refused-no-page = This address can only be opened as a page of its own.
refused-over = This request is over. Start again from the tool that sent you here.
refused-elsewhere = This request was answered in another tab or program. You can close this.
refused-document = The program that asks could not be identified: { $why }.
unbound-unreadable = The request could not be read.
unbound-no-client = The request does not say which program asks (client_id).
unbound-client = This program is not registered here, or not any more. Log in again from the tool itself.
unbound-redirect = The address the answer should go to is not one that this program registered (redirect_uri).
unbound-request = The request that was pushed before is unknown, was used already, or is too old (request_uri).
unbound-untrusted = { $why } Nobody has allowed this program yet, so this is said here and not where its answers go.

## Connection request

request-header = Connection request
request-before = The request before this one
request-after = The request after this one
again-header = Signing in again
more-header = More access
nothing-waiting = Nothing is waiting.
count = { $position } of { $total }
wants =
    { $named ->
        [no] A program without a name wants to use { $server }
       *[yes] “{ $name }” wants to use { $server }
    }
again =
    { $named ->
        [no] A program without a name is signing in again to { $server }
       *[yes] “{ $name }” is signing in again to { $server }
    }
wants-more =
    { $named ->
        [no] A program without a name wants to use more of { $server }
       *[yes] “{ $name }” wants to use more of { $server }
    }
same-tools =
    { $n ->
        [one] The same tool as before.
       *[other] The same { $n } tools as before.
    }
same-more = Show all
continue = Continue
first-request = First request from this program.
allowed-on = You allowed it on { $day }.
allowed-before = You allowed it before.
name-altered = Its name has hidden characters. Each is shown as its code: ⟦U+…⟧.
name-shortened = Its name is longer than what is shown of it.
waits = Waits for the answer
process = { $name } ({ $pid })
started-by = started by
more-parents = …
signed-by = Signed by { $name }
not-signed = Not signed
signature-broken = Its signature is broken: the file is not the one that was signed.
signature-unknown = Cannot tell who signed it: { $why }
file-changed = The file of this program has changed since it was started, or is gone.
runs-script = running { $script }
on-place = on { $place }
nobody-on-port = Nothing on this computer is waiting on port { $port }.
nobody-how = If it runs on another computer: after you allow, your browser shows an address that it cannot open. Copy that address, and paste it where the program asks for it.
nobody-waiting = Nothing on this computer is waiting for the answer.
cannot-tell-listener = Doorward cannot tell which program is waiting: { $why }.
answer-goes-to = The answer goes to { $place }
answer-leaves = The answer leaves this computer: { $host }
answer-opens = The answer opens the program that handles { $scheme } links
answer-opens-known = The answer opens { $program } ({ $scheme } links)
other-program = The program waiting for this answer is { $listener }, not the one that registered ({ $registrant }).
known-as = You know this name from another program: { $program }
looks-like = This name looks like { $name } but is spelled with other letters.
other-script = { $name } running { $script }
registered-by = Registered by
asked-through = Asked through
same-program = { $process }, the same program
nobody-seen = No program was found
cannot-tell = Cannot tell: { $why }
wants-to-run =
    { $named ->
        [no] A program without a name wants to run { $tool } on { $server }
       *[yes] “{ $name }” wants to run { $tool } on { $server }
    }
server-changed = { $server } changed what it says about its tools
call-header = Call
changed-header = Changed tools
start-as = Start this command as the server { $server }?
new-server-header = New server
new-server-text = It runs as you, with all that you may do. Doorward starts it now, to ask for its tools, and later when a program that you allow calls it.
new-folder = Folder
new-variable = Variable
from-keyring = { $name }, from the keyring
add-server-button = Add
asked-by = Asked by
asked-by-you = You, in Doorward
called-by = Called by
called-by-program = Called by { $chain }
call-each-time = You want to be asked each time.
call-not-allowed-yet = It may not use this tool yet.
call-never-passed = No call of this tool was let through lately.
call-arguments = What the tool is called with
call-leads-to = leads to { $to }
call-path-leads-to = { $path } leads to { $to }
call-without-arguments = The tool is called without arguments.
call-for = Allow
call-reason = If you deny: tell the agent why
allow-once = Allow once
allow-ten-minutes = Allow for 10 minutes
allow-program-ends = Allow until { $process } quits
allow-always = Allow always
until-once = this call only
until-ten-minutes = this tool for 10 minutes
until-program-ends = this tool until { $process } quits
until-taken-back = this tool until I take it back
changed-text = The tool is paused for every app until you have looked. What is different is shown below, with characters that cannot be seen made visible.
change-before = When you looked
change-after = Now
use-new = Use the new version
keep-blocked = Keep blocked
read-to-end = Allow works once you have seen all that it is called with.
may-use = May use
group-look = Look ({ $n })
group-change = Change ({ $n })
group-run = Delete or run ({ $n })
group-held = Already allowed ({ $n })
choose-tools = Choose one by one: { $group }
how-for = Allowed use: { $tool }
how-for-app = Allowed use: { $tool }, by { $app }
mode-allow = allowed
mode-ask = ask each time
mode-mixed = one by one
mode-hide = hidden
its-prompts = The server’s prompts
its-resources = The server’s resources
tool-changed = The server changed what it says about this tool. It is paused until you have looked at that.
tool-new = new
tools-not-known = Its tools are not known yet. { $why }
connect-until = Until
until-mine = I take it back (ends after 90 days without use)
until-today = the end of today
until-program = { $process } quits
may = May
asks-for = Asks for
scope-look = Look at things
scope-change = Change things
scope-run = Delete or run things
may-nothing = Sign in, and nothing more
tab-shows = Your browser tab shows
program-shows = Allow only if the program shows
type-number = Type the number from your browser tab
type-code = Type the code that the program shows
type-place = Type where the answer goes, as shown above
tab-shows-nothing = No browser tab shows a number for this request.
details = Technical details
detail-links = Pages of its maker, as it says
link-home = Open its home page at { $host }
link-policy = Open its privacy policy at { $host }
link-terms = Open its terms at { $host }
page-not-opened = The page could not be opened.
detail-client = Client identifier
detail-redirect = Return address
detail-scopes = Scopes
detail-scopes-none = none
detail-listener = Waits for the answer
detail-registrant = Registered by
detail-requester = Asked through
detail-started = { $chain }, since { $when }
detail-script = Script
detail-command = Command line (chosen by the program)
refused-at = Refused automatically at { $time }
refused-soon = Refused automatically in less than a minute
refused-soon-unless = Less than a minute left: any key gives more
more-time = More time
time-over = The time to answer is over. Nothing was given.
allow-available = Allow is available.

## A question without a page: on a terminal, and in the toolkit's own dialog

fact = { $label }: { $value }
wants-with-code =
    { $named ->
        [no] A program without a name wants to use { $server }, and shows a code
       *[yes] “{ $name }” wants to use { $server }, and shows a code
    }
allowed-call =
    { $named ->
        [no] Allowed: the program without a name runs { $tool } on { $server } this once.
       *[yes] Allowed: “{ $name }” runs { $tool } on { $server } this once.
    }
allowed-use =
    { $named ->
        [no] Allowed: the program without a name may use { $server }.
       *[yes] Allowed: “{ $name }” may use { $server }.
    }
allowed-change = The new version of the tools of { $server } is used.
fact-command = Command
fact-change = { $tool }, { $part }
fact-how-long = How long
fact-until = until you take it back; it ends after { $days } days without use
fact-answer = Answer goes to
fact-opens = the program that opens { $scheme }: links
fact-leaves = { $host } (it leaves this computer)
fact-fetched = the program that asked, which fetches it
fact-waiting = Waiting there
fact-nobody = nothing on this computer
fact-tab = Browser tab
fact-shows = shows { $number }
fact-shows-number = shows a number, which is typed
fact-group = { $group }: { $tool }
fact-long = ({ $n } characters) { $value }
fact-command-line = command line (chosen by the program): { $line }
fact-argument = Argument { $name }
fact-server-says = The server says
fact-refused = Refused at
fact-asks = Asks each time
fact-may-not = May not
fact-no-tool = no tool yet: { $why }
fact-paused = { $tool } (changed: paused)
fact-prompts = its prompts
fact-resources = its resources
fact-because = Asked because
fact-cut = { $value } … ({ $n } characters)
fact-kept = { $name }=•••• (from the keyring)
fact-not-seen = no program was found
fact-cannot-tell = cannot tell: { $why }
fact-runs = { $executable } running { $script }
fact-unsigned = not signed
fact-signed = signed by { $by }
fact-broken = its signature does not hold
fact-signer-unknown = cannot tell who signed it: { $why }
fact-file = its file was changed or is gone since it started

## Main window

nav = Pages
rules = Rules
settings = Settings
health = Health
search = Search
nothing-found = Nothing was found.
show-older = Show older
show-more = Show more
requests = Requests
apps = Apps
servers = Servers
activity = Activity
activity-empty = No app has called anything yet.
activity-export = Export…
activity-exported = All calls were written to { $file }, one on each line, as JSON.
export-failed = The calls could not be written to a file: { $cause }.
activity-took = { $ms } ms, { $bytes } bytes
tools-of = Tools…
tools-of-whom =
    { $named ->
        [no] of the program without a name on { $server }
       *[yes] of “{ $name }” on { $server }
    }
rule-paused = paused: changed
rule-ends = until { $when }
rule-ends-with = until process { $pid } ends
pause = Pause
resume = Resume
paused-banner-until = Doorward is paused until { $when }. No program can connect to or use a server meanwhile.
paused-banner = Doorward is paused. No program can connect to or use a server until you resume.
version = Doorward { $version }
requests-empty = Nothing is waiting.
requests-empty-more = When a program wants to use one of your servers, it is listed here.
request-line = { $program } · refused automatically at { $time }
request-line-call = called by { $program } · refused automatically at { $time }
request-line-server = The server itself says so · refused automatically at { $time }
request-line-by-hand = Asked by you, in Doorward · refused automatically at { $time }
request-line-asked = Asked by { $program } · refused automatically at { $time }
request-line-web = The answer leaves this computer: { $host }
request-line-scheme = The answer opens the program that handles { $scheme } links
request-line-nobody = No program is waiting for the answer
request-line-cannot-tell = Cannot tell which program is waiting
answer = Answer…
recently = Recently
recently-empty = Answers you gave and requests that ended are listed here.
outcome-allowed = Allowed
outcome-allowed-once = Allowed once
outcome-denied = Denied
outcome-lapsed = Not answered in time
outcome-withdrawn = Withdrawn by the program
outcome-superseded = Replaced by a newer request
outcome-refused = Refused by Doorward
outcome-disconnected = Disconnected
subject-server = The server { $server }
apps-empty = No app is connected.
apps-empty-how = To connect Claude Code to { $server }, run this in a terminal:
apps-empty-then = Then type /mcp in Claude Code and choose Authenticate. Doorward asks you before anything is allowed.
apps-empty-no-server = Add a server first. Then connect a program to it.
go-to-servers = Go to Servers
app-program-unknown = The program is not known.
programs-of-logins = Programs behind its logins
part-registered = { $name } registered it
part-asked = { $name } opened the request
part-listened = { $name } waited for the answer
part-redeemed = { $name } redeemed the answer
part-refused = { $name } tried to redeem an answer that was for another program, and got nothing
part-unknown = A program that could not be told ({ $why })
muted-until = Doorward does not ask you about { $name } until { $when }
unmute = Ask again
app-no-grants = May not use any server.
first-seen = First seen { $day }
grant-allowed = Allowed { $day }
grant-used = Last used { $when }
grant-unused = Not used yet
grant-tools =
    { $n ->
        [0] No tool
        [one] { $n } tool
       *[other] { $n } tools
    }
grant-calls =
    { $n ->
        [0] No calls in 30 days
        [one] { $n } call in 30 days
       *[other] { $n } calls in 30 days
    }
grant-ends = Ends { $day }
disconnect = Disconnect…
disconnect-from = Disconnect from { $server }…
disconnect-app =
    { $named ->
        [no] the program without a name from every server
       *[yes] “{ $name }” from every server
    }
disconnect-server =
    { $named ->
        [no] (the program without a name)
       *[yes] (“{ $name }”)
    }
confirm-disconnect-app =
    { $named ->
        [no] Disconnect the program without a name?
       *[yes] Disconnect “{ $name }”?
    }
confirm-disconnect-app-text = It can no longer use any server, from its next call on. To use one again it has to ask you.
confirm-disconnect-server =
    { $named ->
        [no] Disconnect the program without a name from { $server }?
       *[yes] Disconnect “{ $name }” from { $server }?
    }
confirm-disconnect-server-text = It can no longer use this server, from its next call on. To use it again it has to ask you.
confirm-disconnect = Disconnect
welcome = Welcome to Doorward
welcome-text = Doorward stands between the programs on this computer and your MCP servers. No program can use one until you allow it.
welcome-no-tray = This desktop shows no icon for Doorward. Requests open their window all the same; start Doorward again to open this one. On GNOME the extension “AppIndicator and KStatusNotifierItem Support” adds a tray.
welcome-import = Import from Claude Code, Cursor, VS Code…
welcome-import-hint = Takes over the servers that your programs use already, and moves their secrets into the keyring. You see every change first.
welcome-add = Add a server
welcome-add-hint = A command that Doorward starts for you, or the address of a server that runs already.
welcome-look = Look around
welcome-look-hint = See whether all that Doorward needs is there. Nothing changes.
welcome-terminal = The same in a terminal
server-address = Address for programs
server-upstream = Forwards to
server-command = Command
server-state = State
server-log = Its log
server-tools = Tools
server-tools-unknown = not known yet
server-tools-listed =
    { $n ->
        [one] Lists { $n } tool
       *[other] Lists { $n } tools
    }
server-tools-new =
    { $n ->
        [one] { $n } new: hidden until you allow it
       *[other] { $n } new: hidden until you allow them
    }
server-tools-changed =
    { $n ->
        [one] { $n } paused: changed
       *[other] { $n } paused: changed
    }
server-tools-pinned = unchanged since you looked
server-tools-show = Tools and who may use them
server-tools-none = No app may use this server yet.
server-tools-tool = Tool
server-secrets = Secrets
server-secrets-in-keyring = { $names } (in the keyring)
server-tokens = Tokens
server-validates = Signed; the server checks them itself
copy-address = Copy address
copy-address-of = of { $server }
copy-command = Copy command
copied = Copied
copy-failed = Copying did not work. Select the text and copy it by hand.
remove = Remove…
remove-server = { $server }
confirm-remove = Remove { $server }?
confirm-remove-text = Programs can no longer reach it through Doorward, and what you allowed for it ends. The server itself is not changed.
confirm-remove-button = Remove
add-heading = Add a server
add-name = Name
add-name-hint = A short name, for example files. It becomes part of the address programs use.
add-url = URL
add-url-hint = Where the MCP server answers, for example http://127.0.0.1:3001/mcp
add-submit = Add server
add-name-missing = Enter a name for the server.
add-url-missing = Enter the URL of the server.
added = { $server } was added.
added-unknown = It did not say yet what tools it has. It is asked again when a program connects.
added-more = Add another server
add-kind = What kind of server it is
add-kind-command = A command on this computer
add-kind-address = At an address
add-line = Command
add-line-hint = As you would type it in a terminal, for example npx -y @modelcontextprotocol/server-filesystem ~/work
add-folder = Folder (optional)
add-folder-hint = Where the command runs. If this is empty, it is your home folder.
add-variables = Environment variables (optional)
add-variables-hint = The value of a secret goes into the keyring.
add-variable = Add a variable
variable-of = Variable { $n }
variable-name = Name
variable-value = Value
variable-secret = Secret
adding-command = Doorward asks about the command in a window that shows all of it. Nothing starts before you press Add there.
import-open = Import…
add-open = Add a server…
import-title = Import servers
import-back = Back to Servers
import-looking = Looking into the files of your programs…
import-nothing = No program has a server that could be imported.
import-text = The servers you choose go through Doorward from then on, and their secrets go into the keyring. Nothing else in these files changes.
import-address = Address
import-secrets = Secrets
import-stays = Stays as it is. { $why }
import-left-alone = Left alone. { $why }
import-show = Show what changes
import-none-chosen = Choose at least one server.
import-changes = What changes
import-asks =
    { $n ->
        [0] Nothing is started for these servers.
        [one] Doorward asks you about the command in a window that shows all of it. It does not start before you press Add there.
       *[other] Doorward asks you about each of the { $n } commands in a window that shows all of it. None starts before you press Add there.
    }
import-to-keyring = { $name } goes into the keyring
import-entry-stays = { $server } stays as it is. { $why }
import-cancel = Choose others
import-do =
    { $n ->
        [one] Import { $n } server
       *[other] Import { $n } servers
    }
import-waits = Answer in the window in which Doorward asks.
import-under-way = An import is under way. Answer in the window in which Doorward asks.
import-done =
    { $n ->
        [0] Nothing was imported
        [one] { $n } server was imported
       *[other] { $n } servers were imported
    }
import-file-changed = { $file } was changed.
import-file-unwritten = { $file } is as it was.
import-then = Programs read their files when they start. Once one of them connects, Doorward asks you.
undo-heading = Imported before
undo = Undo…
undo-entries = Put back only the entries…
confirm-undo = Put the files of { $client } back?
confirm-undo-text = They become what they were before the import, byte for byte. The servers stay behind Doorward.
confirm-undo-entries-text = Only the entries that Doorward wrote are put back. All else in the files stays as it is now, and the servers stay behind Doorward.
confirm-undo-button = Put back
undo-done =
    { $n ->
        [0] Nothing was put back
        [one] { $n } file was put back
       *[other] { $n } files were put back
    }
undone = { $file } was put back.
undone-kept = { $name } in { $file } stays as it is: it was changed since.
undone-still = Still behind Doorward: { $servers }
allow-tools =
    { $n ->
        [one] Allow { $n } tool
       *[other] Allow { $n } tools
    }
allow-more-tools =
    { $n ->
        [one] Allow { $n } more tool
       *[other] Allow { $n } more tools
    }
keep-tools =
    { $n ->
        [one] Keep { $n } tool
       *[other] Keep { $n } tools
    }
call-passed =
    { $n ->
        [one] Passed once, { $when }.
       *[other] Passed { $n } times, last { $when }.
    }
show-all =
    { $n ->
        [one] Show all { $n } character
       *[other] Show all { $n } characters
    }
value-cut =
    { $n ->
        [one] It has { $n } character, more than can be shown here.
       *[other] It has { $n } characters, more than can be shown here.
    }
deny-all =
    { $named ->
        [no] Deny all { $n } requests from this program
       *[yes] Deny all { $n } requests from { $program }
    }
seconds-left =
    { $n ->
        [one] { $n } second left to answer.
       *[other] { $n } seconds left to answer.
    }
seconds-left-unless =
    { $n ->
        [one] { $n } second left to answer. Any key gives you more time.
       *[other] { $n } seconds left to answer. Any key gives you more time.
    }
part-times =
    { $n ->
        [one] Once, { $when }
       *[other] { $n } times, last { $when }
    }
other-registrations = Other registrations ({ $n })
registered-on = registered { $when }
app-count =
    { $n ->
        [one] { $n } app
       *[other] { $n } apps
    }
waiting-count =
    { $n ->
        [one] { $n } request waiting
       *[other] { $n } requests waiting
    }

## What is told in the words of others: a system, a server

verbatim = { $text }
list-separator = { ", " }

## Requests: who is not asked about

blocked =
    { $named ->
        [no] You never want to be asked about the program without a name ({ $program })
       *[yes] You never want to be asked about “{ $name }” ({ $program })
    }

## Apps: less than disconnecting

whom =
    { $named ->
        [no] the program without a name
       *[yes] “{ $name }”
    }
ask-all = Ask each time…
confirm-ask-all =
    { $named ->
        [no] Ask each time the program without a name uses a tool?
       *[yes] Ask each time “{ $name }” uses a tool?
    }
confirm-ask-all-text = Each call of a tool waits for your answer, from its next call on. Prompts and resources will be hidden: those cannot be asked about.
confirm-ask-all-button = Ask each time
asked-for-all =
    { $n ->
        [0] No tool was simply allowed.
        [one] You are asked about { $n } tool from now on.
       *[other] You are asked about { $n } tools from now on.
    }{ $hidden ->
        [0] {""}
        [one] {" "}The prompts or the resources of { $hidden } server are hidden.
       *[other] {" "}Prompts or resources are hidden, { $hidden } times those of a server.
    }
app-paused = Paused: its calls are refused until you resume.
disconnected = Disconnected.{ ended-with-it }
ended-with-it =
    { $calls ->
        [0] {""}
        [one] {" "}{ $calls } running call was cancelled.
       *[other] {" "}{ $calls } running calls were cancelled.
    }{ $streams ->
        [0] {""}
        [one] {" "}{ $streams } open stream was closed.
       *[other] {" "}{ $streams } open streams were closed.
    }


## Servers

server-stopped = Stopped. The next call starts it.
server-starting = Starting.
server-running =
    { $n ->
        [one] Running as process { $pid } (MCP { $protocol }).
       *[other] Running as { $n } processes, one for each app (MCP { $protocol }).
    }
server-failed = Failed. { $reason }

## Rules

rules-empty = Nothing was said about any tool yet. Rules come from your answers, and can be changed here.
rules-ending = Only those that end by themselves
rule-set = Since { $day }
## Settings

setting-autostart = Start at login
setting-autostart-hint = Doorward starts hidden, with its icon in the tray.
setting-after-restart = Takes effect when Doorward starts again.
settings-file = The settings are kept in this file, which you can also edit:
setting-language = Language
setting-language-hint = Of windows, the tray, notifications and the browser tab. The command line speaks English.
language-system = As the system
language-en = English
language-de = Deutsch
setting-notifications = Notifications
setting-notifications-hint = Say that something waits. They have no buttons: nothing is answered there.
setting-sound = Sound
setting-sound-hint = A short tone with each notification, unless the system is set to Do Not Disturb.
setting-port = Port
setting-port-hint = It is part of the addresses that your programs use: after a change they need the new address. On a terminal, doorward port NUMBER changes those, too.
setting-policy = Policy
setting-policy-hint = What may be registered and asked for. Another one than the default is for programs that were made for it.
setting-schemes = Link schemes
setting-schemes-hint = Programs that are reached through links of their own, one in each line.
setting-containers = Serve containers
setting-containers-hint = Lets connections in that come through the relay of a container or of WSL. Then it cannot be told which program asks.
setting-origins = Web pages
setting-origins-hint = Origins of web pages that may talk to Doorward, one in each line. Leave it empty unless you know why.
setting-documents = Clients that are described by a document
setting-documents-hint = Lets a program name a web address that describes it. Doorward then fetches that document.
policy-heading = The policy in detail
policy-text = What programs may register and ask for. The values are those of the policy above, unless something else is set here.
policy-elsewhere = { $policies }: { $value }
policy-empty = empty
policy-yes = yes
policy-no = no
policy-max-redirect-uris = Redirect addresses that one client may register
policy-loopback-hosts = Names of this computer that a redirect may have, one in each line
policy-name-required = A client must say its name
policy-auth-methods = How clients may authenticate, one way in each line
policy-default-auth-method = How a client authenticates that does not say
policy-secret-seconds = Seconds for which a client secret is good; 0: for ever
policy-grant-types = What clients may exchange for tokens, one kind in each line
policy-default-grant-types = What a client may exchange that does not say
policy-forced-scope = The one scope everybody gets, whatever was asked for; empty: no such rule
policy-default-scope = The scope of a client that names none; mcp: that of the server asked for
policy-more-scopes = Scopes besides those of the servers; they open nothing
policy-answer-members = Members of the answer to a registration; empty: all there are
policy-needs-server = Programs can register only while there is a server
policy-more-paths = More addresses of the registration endpoint
policy-daily-per-program = Registrations a day of one program; 0: no bound
policy-daily = Registrations a day in all; 0: no bound
policy-redirect-uri-required = redirect_uri must be sent, even where only one is registered
policy-state-required = state must be sent

## Health

health-checking = Looking…
health-summary =
    { $n ->
        [0] Everything works.
        [one] { $n } thing does not work.
       *[other] { $n } things do not work.
    }
health-again = Look again
health-copy = Copy report
health-good = In order:
health-note = Worth knowing:
health-fault = Does not work:
restart = Restart

## The tray

tray-waiting =
    { $n ->
        [0] No requests waiting
        [one] { $n } request waiting…
       *[other] { $n } requests waiting…
    }
tray-muted = Resume { $name } (muted until { $time })
tray-recent = Recent
day-of-month =
    { $month ->
        [1] { $day } Jan
        [2] { $day } Feb
        [3] { $day } Mar
        [4] { $day } Apr
        [5] { $day } May
        [6] { $day } Jun
        [7] { $day } Jul
        [8] { $day } Aug
        [9] { $day } Sep
        [10] { $day } Oct
        [11] { $day } Nov
       *[12] { $day } Dec
    }
day-of-year = { $day } { $year }
tray-happened = { $time } · { $name } · { $server }: { $outcome }
tray-called = { $time } · { $name } · { $tool } on { $server }: { $outcome }
tray-tools =
    { $n ->
        [one] { $n } tool on { $server } · not used yet
       *[other] { $n } tools on { $server } · not used yet
    }
tray-tools-used =
    { $n ->
        [one] { $n } tool on { $server } · last used { $time }
       *[other] { $n } tools on { $server } · last used { $time }
    }
tray-paused = Paused
tray-copy-claude = Copy “claude mcp add …”
tray-pause = Pause everything
tray-quarter = 15 minutes
tray-hour = 1 hour
tray-open-end = Until I resume
tray-open = Open Doorward…
tray-settings = Settings…
tray-updated-by = Updated by { $by }
tray-log = Show the log…
tray-quit =
    { $n ->
        [0] Quit
        [one] Quit (stops { $n } server)
       *[other] Quit (stops { $n } servers)
    }

## Why it cannot be told which program it is, or who signed it: set into "Cannot tell: …"

why-late = it took too long to look
why-gone = it is already gone
why-closed = its connection was already closed
why-hidden = the system does not say which program holds the connection
why-hidden-as-containers = the system does not say which process holds the connection, as with containers
why-several = several programs listen on port { $port }
why-to-ssh = this answer goes to another computer through { $relay }
why-from-ssh = this comes from another computer through { $relay }
why-to-container = the one that waits runs inside a container, behind { $relay }
why-from-container = the one that asks runs inside a container, behind { $relay }
why-to-wsl = the one that waits runs inside WSL, behind { $relay }
why-from-wsl = the one that asks runs inside WSL, behind { $relay }
why-rule = a rule made it
why-root = it is root's, as with containers
why-link = the system opens the link with the program registered for it
why-leaves = the answer leaves this computer
why-document = it did not register: a document at { $host } describes it
why-caller-hidden = this system does not name the caller
why-nobody-listened = nothing listened there
why-file-unreadable = its file cannot be read
why-file-another = its file is another one than the one that runs
why-signer-hidden = the system takes the signature for good and does not say whose it is
why-whose-hidden = the system does not say whose it is
why-system-answers = the system answers { $code }

## What happened, on the page Requests

event-allowed = You allowed it.
event-said-no = You said no.
event-said-never = You said no, and never to be asked about it again.
event-asked-though-never = It asked, and you said never to be asked about it again.
event-just-denied = You denied the same request a moment ago.
event-muted = This program is muted for a while.
event-allowed-once = You allowed { $tool }, once.
event-allowed-ten-minutes = You allowed { $tool }, for 10 minutes.
event-allowed-today = You allowed { $tool }, for today.
event-allowed-program-ends = You allowed { $tool }, until the program ends.
event-allowed-taken-back = You allowed { $tool }, until you take it back.
event-said-no-to = You said no to { $tool }.
event-said-never-to = You said no to { $tool }. You do not want to be asked about it again.
event-call-unanswered = { $tool }: { $why }
event-looked-at = You looked at what changed about { $tools }.
event-server-added = Added: { $command } (asked by { $who })
event-server-said-no = You said no to adding it: { $command } (asked by { $who })
event-server-unanswered = Not added: { $command } (asked by { $who }). { $why }
event-asked-by-you = you, in Doorward
event-asked-by-unknown = a program that cannot be told
event-kept-blocked = You keep { $tools } blocked, which changed.
event-changed-unanswered = { $tools } changed: { $why }
event-rule = You made a rule for it: { $tools }, for { $long }.
event-disconnected = You disconnected it.{ ended-with-it }
event-signed-out = It signed out.
event-code-twice = Its code was used twice. Access was taken back.
event-token-copied = A copy of its token was used by another program. Access was taken back.
event-other-redeemed = { $program } tried to redeem the answer that { $listener } waited for. It got nothing.
event-unknown-redeemed = A program that cannot be told tried to redeem the answer that { $listener } waited for. It got nothing.
event-other-polled = Another program polled for the answer that { $program } asked for. It got nothing.
notice-muted =
    { $n ->
        [one] { $program } asked again and again. Doorward does not ask you about it for { $n } minute.
       *[other] { $program } asked again and again. Doorward does not ask you about it for { $n } minutes.
    }

## Why nobody answered

unanswered-timed-out = Nobody answered in time.
unanswered-hung-up = The program that asked went away before it was answered.
unanswered-full = Too many questions are waiting already.
unanswered-not-shown = The question could not be shown on this computer.
unanswered-superseded = A newer request of the same program took its place.
unanswered-just-denied = The user denied the same request a moment ago.
unanswered-muted = The user has muted this program for a while.
unanswered-blocked = The user does not want to be asked about this app again.
unanswered-foreign-listener = A program of another user of this computer waits where the answer would go.
unanswered-quitting = Doorward was closed before anybody answered.
unanswered-crashed = Doorward ended before it was answered.

## How long, set into a sentence

hours =
    { $n ->
        [one] { $n } hour
       *[other] { $n } hours
    }
minutes =
    { $n ->
        [one] { $n } minute
       *[other] { $n } minutes
    }
seconds =
    { $n ->
        [one] { $n } second
       *[other] { $n } seconds
    }

## What decided about a call, and how it ended, on the page Activity

call-became = { $why }, { $ended }
decided-allowed = allowed
decided-when-asked = allowed when asked
decided-changed-meanwhile = changed while it waited
decided-put-off = put off
decided-could-not-ask = could not ask
decided-denied = denied when asked
decided-not-yet = not answered yet
decided-denied-before = denied a moment ago
decided-not-asked = not asked about
decided-hidden = hidden
decided-unknown = unknown
decided-unknown-method = unknown method
decided-changed = changed
decided-no-answer = no answer
ended-answered = answered
ended-refused = refused
ended-server-failed = server failed
ended-server-refused = server refused
ended-cut = cut

## What is wrong with the data, the keyring, the configuration or the port

store-newer = { $path } was written by a newer Doorward (version { $found }, this one knows { $known }). Update Doorward; nothing was changed.
store-full = The disk that holds Doorward's data is full. Nothing was changed; make some room and try again.
store-read-only = Doorward cannot write its data: the file or its folder is read-only ({ $why }).
store-damaged = { $path } is not a Doorward database, or it is damaged. It was left as it is; move it away to start anew.
store-other = Doorward's data could not be used: { $why }.
store-closed = Doorward is quitting.
store-busy = another program is using the file
store-disk = the disk reported an input/output error; it may be full or failing
keyring-none = No keyring answers on this computer ({ $cause }). Doorward keeps its key there and nowhere else. Install one (for example: sudo apt install gnome-keyring) and log in again, or start it, then start Doorward again.
keyring-locked = Your keyring is locked ({ $cause }). Unlock it, then start Doorward again.
keyring-damaged = The keyring gave back something that Doorward did not put there: { $cause }.
keyring-late = The keyring did not answer in { $seconds } seconds. Is there an unlock dialog that waits for you?
keyring-secret-service = the Secret Service of the desktop
keyring-kernel = the keyring of the kernel, which forgets everything at the next restart of this computer
keyring-keychain = the Keychain of macOS
keyring-credentials = the Credential Manager of Windows
key-lost = The key that belongs to Doorward's data is not in your keyring any more, so what was allowed cannot be verified. To go on, run: doorward reset --keep-servers (your servers stay, every app connects anew).
config-no-home = This system does not say where your files belong (HOME is not set).
config-folder = Doorward cannot write to { $path }: { $cause }.
config-unreadable = Doorward cannot read { $path }: { $cause }.
config-invalid = { $path } is not a valid configuration: { $cause }
port-taken = Port { $port } is held by { $holder }. Your programs are set to { $port }, so Doorward does not move to another one by itself: end that program, or choose another port with doorward port NUMBER.
port-held = Port { $port } is held by { $holder }.
port-stays = Your programs are set to { $port }, so Doorward does not move to another one by itself.
port-given = Doorward was started with --port { $port }, so it looks for no other one. To use another port, start it with that one, or without --port.
port-title = Doorward cannot start
port-again = Try again
port-other = Use another port…
port-quit = Quit
port-move = Use port { $to } instead of { $from }?
port-move-files =
    { $n ->
        [one] This file of your programs is changed, and nothing in it but the port:
       *[other] These { $n } files of your programs are changed, and nothing in them but the port:
    }
port-move-file = { $program }: { $names } in { $file }
port-move-none = No configuration that Doorward knows leads to port { $from }.
port-move-left = This file stays as it is, because it cannot be read or changed: { $file }
port-move-elsewhere = What is set up anywhere else needs the new address from you.
port-move-yes = Use port { $to }
port-move-failed = The port was not changed: { $why }
port-move-stopped = Doorward stays at port { $from }, because not every file could be changed: { $why } These lead to port { $to } already: { $files }
port-none-free = No port above { $port } is free.
port-refused = Doorward cannot listen on port { $port }: { $cause }.
holder-program = { $name } (pid { $pid }, { $path })
holder-unknown = a program that cannot be told
holder-other-user = a program of another user ({ $account })
account-system = the system itself
account-hidden = not named to this user
account-id = user id { $id }

## What cannot be done

no-such-server = There is no server called { $server }.
no-such-app = There is no app { $app } with access.
no-such-blocked = { $app } is no app that you never want to be asked about.
no-such-tool = The server has no tool called { $tool }.
rule-wider = That would allow more than now. Allow it in the window, or when the app asks for it.
not-waiting = This request is not waiting any more.
bad-server-name = A server's name is 1 to 32 lower-case letters, digits, '-' or '_', beginning with a letter or digit, and not 'mcp' or 'offline_access'.
setting-is-switch = { $setting } is true or false.
setting-is-port = { $setting } is a number from 1 to 65535.
setting-is-number = { $setting } is a number, 0 or more.
setting-is-text = { $setting } is a text.
setting-is-choice = { $setting } is one of these: { $choices }.
setting-is-list = { $setting } is a list of texts.
setting-no-origin = { $text } is no origin: that is http or https, a host, and a port if there is one.
setting-unchangeable = config.toml cannot be changed.
setting-impossible = With that, config.toml would say something that is not possible: { $why }.
setting-no-scheme = { $text } is no scheme of links that a program of this computer opens.
no-such-setting = There is no setting called { $setting }.
add-no-folder = There is no folder { $folder }.
add-path-no-text = The program's path is no text.
add-unbalanced = A quote in the command does not end.
add-command-missing = Enter the command that starts the server.
add-variable-name = A variable's name is not empty and has no = in it.
add-variable-twice = The variable { $name } is there twice. Leave only one of them.
add-value-missing = The value of { $name } is missing.
add-header = { $name } cannot be sent to a server as a header.
add-header-value = The value of { $name } has characters that a header cannot have.
add-no-address = That is not a web address. It should look like http://127.0.0.1:3001/mcp.
add-needs-https = A server elsewhere needs https; plain http is only for servers on this computer.
add-no-http = A server's address begins with http:// or https://.
add-with-password = Leave the user name and password out of the address.
add-with-fragment = Leave the part after # out of the address.
add-own-address = That is Doorward's own address. Give the address of the server behind it.
add-taken = There is a server called { $server } already.
add-no-program = There is no program { $program }. It was looked for in: { $searched }
add-denied = Nothing was added: the command was not allowed.
add-unanswered = Nothing was added. { $why }

## Taking servers over: why an entry stays as it is, why a file is left alone, and where a server was found

left-ours = It goes through Doorward already.
left-off = It is switched off in { $client }.
left-no-object = Its entry is not as { $client } wants it (no object).
left-shape = Its entry is not as { $client } wants it ({ $what }).
left-twice = Its entry has "{ $name }" twice, and it cannot be known which one counts.
left-sse = It speaks the old SSE transport, which Doorward does not.
left-transport = It is reached by "{ $name }", which Doorward does not speak.
left-nothing = Its entry has neither a command nor an address.
left-both = Its entry has both a command and an address.
left-programs-only = { $client } starts programs only and ignores this entry.
left-extension = An extension of { $client } starts it.
left-filled = Only the program it is set up in knows what stands for ${"{"}{ $name }{"}"}.
left-secret-otherwise = It has a secret written behind the variable { $name }, for when that is not set.
left-signs-in = { $client } signs in to it, which Doorward cannot do yet.
left-headers-helper = A program makes its headers.
left-env-file = Its environment is read from a file (envFile).
left-sandbox = { $client } runs it in a sandbox, which Doorward does not have.
left-elsewhere = { $client } runs it on another computer.
left-relative =
    { $what ->
        [folder] Its folder is a path from a folder that is not known.
       *[command] Its command is a path from a folder that is not known.
    }
left-address-variable = Its address comes from a variable, so that it is not known where it leads.
left-address-none = Its address is not a web address.
left-address-plain = It is reached by plain http on another computer, where Doorward wants https.
left-address-scheme = Its address begins with neither http:// nor https://.
left-address-password = Its address has a user name or a password in it.
left-address-fragment = Its address has a part after #.
left-secret-in-command = A secret is in its command line, where every program of yours can see it. Give it in a variable first.
left-secret-in-address = A secret is in its address. Give it in a header first.
left-unchangeable = Its entry is written in a way that Doorward cannot change.
left-no-bridge = { $client } can only start programs, and there is none that leads to Doorward.
import-no-secret = Its secret { $name } could not be read.
import-no-variable = It takes { $name } from the environment, where it is not set.
import-changed = Something changed since you looked. Look at the changes again.
import-no-home = This system does not say where your files are.
file-dangling-link = { $path } is a link to a file that does not exist.
file-not-ordinary = { $path } is no ordinary file.
file-unreadable = { $path } cannot be read: { $cause }.
file-too-large = { $path } is larger than 8 MiB, which no configuration is.
file-not-text = { $path } is not UTF-8 text.
file-broken = { $path } cannot be understood; look at line { $line }.
file-no-object = { $path } is not as a configuration has to be: an object.
file-part-no-object = { $path } is not as "{ $name }" has to be: an object.
file-twice = { $path } has "{ $name }" twice, and it cannot be known which one counts.
file-same = { $path } is a link to the configuration of { $client }, and is changed there if at all.
file-too-many =
    { $what ->
        [projects] { $path } has more projects than Doorward looks at.
       *[servers] { $path } has more servers than Doorward looks at.
    }
write-changed = { $path } was changed in the meantime.
write-protected = { $path } is protected against writing.
write-several-names = { $path } has several names (hard links), which writing it would cut apart.
write-failed = { $path } cannot be written: { $cause }.
backup-folder = The backups in { $path } cannot be used: { $cause }.
backup-busy = Another import or undo is under way.
backup-damaged = The record { $path } is damaged or from a newer version of Doorward.
backup-sealed = The backup { $path } cannot be opened: it is damaged, or was closed with a key that is not there any more.
backup-no-chance = This system gives no random numbers, which closing a backup needs.
undo-no-import = There is nothing to undo for { $client }.
undo-changed = { $path } was changed since Doorward wrote it, so putting the whole file back would lose that. The entries that Doorward changed can be put back alone.
undo-gone = { $path } does not exist any more.
undo-no-entry = None of the entries in { $path } that Doorward changed is as it left them.
place-everywhere = everywhere
place-project = in { $folder }
place-shared = for everybody in { $folder }

## Why the tools of a server are not known: `list-strange` is filled with those below it

list-silent = It does not answer.
list-login = It asks for a login of its own, which Doorward cannot give it yet.
list-strange = It does not answer as an MCP server does: { $what }.
list-too-many = it lists more than { $n } tools
list-none = its list is none
list-endless = its list does not end
list-no-result = no result
list-no-list = no list
list-no-version = it names no version
list-redirects = it redirects
list-no-json = no JSON
list-broke-off = its answer broke off
list-endless-answer = its answer does not end
list-no-answer = it did not answer

## How a process ended, set into the sentences below

ending-exit = its process ended { $how }
ending-long-line = it wrote a line of more than { $bytes } bytes, which is more than any message may have
ending-garbage = it wrote { $lines } lines in a row to its standard output that are no messages
ending-closed = it closed its standard output
exit-unknown = and nothing is known about it
exit-signal = by signal { $signal }
exit-no-code = without an exit code
exit-code = with exit code { $code }

## What is wrong with a server that Doorward starts

trouble-not-started = { $server } could not be started: { $why }
trouble-ended-at-start = { $server } failed while it started: { $ending }. What it wrote is in its log in Doorward.
trouble-silent-at-start = { $server } was started and did not answer within { $seconds } s. What it wrote is in its log in Doorward.
trouble-refused-at-start = { $server } was started and refused to begin: { $said }
trouble-ended = { $server } ended: { $ending }. Whether this request was carried out is not known.
trouble-stopped = { $server } was stopped in Doorward. Whether this request was carried out is not known.
trouble-waiting = { $server } is not running, and Doorward tries to start it again in { $seconds } s. Last time: { $last }
trouble-too-many = { $server } has { $most } requests under way. Try again when one of them is done.
trouble-deaf = { $server } does not read what it is sent. Doorward waited { $seconds } s.
trouble-full = The answers of { $server } that wait to be read take all the room that Doorward has for them. Try again when some were read.
trouble-too-long = The request is longer than Doorward can hand over to { $server }.
trouble-no-randomness = The operating system gives no random bits, without which no session can be opened.
server-ended = { $server } ended: { $ending }.
program-not-full = { $program } is not the full path of a program.
program-no-folder = The folder { $folder } does not exist.
program-gone = { $program } is not there any more.
program-forbidden = { $program } may not be run by you.
program-cannot = { $program } cannot be run: { $why }.
program-no-streams = { $program } was started without its streams.
command-removed = It was removed from Doorward.
command-no-value = The value of { $name } is not in the keyring any more. Add the server anew.

## What the page Health looks at

about-service = service
about-configuration = configuration
about-folders = folders
about-port = port
about-data = data
about-keyring = keyring
about-screen = screen
about-path = path
about-servers = servers
about-server = server { $server }
about-tray = tray
about-autostart = autostart
about-web-view = web view

## What it finds

health-service =
    Doorward { $version } listens on { $address }.{ $muted ->
        [0] {""}
        [one] {" "}{ $muted } program is muted.
       *[other] {" "}{ $muted } programs are muted.
    }
health-paused = Doorward { $version } listens on { $address } and is paused: nothing passes until you resume.
health-configuration = { $path } can be read.
health-folders = Doorward can write to { $path }.
health-port = Port { $port } is free.
health-no-data = There is no data yet: it is made at the first start.
health-sound = { $path } is sound.
health-written = The data can be written.
health-unwritten = { $why } What was allowed goes on; what you allow now does not count until the data can be written again.
health-key = The keyring ({ $place }) has the key of the data.
health-no-key = The keyring ({ $place }) answers. It has no key yet: one is made at the first start.
health-keyring-running = { $why } The keyring that was asked is { $place }. Apps stay connected, and servers that run go on; a server that needs a secret from the keyring does not start.
health-keyring-rest = { $why } The keyring that was asked is { $place }. Until it answers Doorward does not start, and no app can use anything.
health-screen = There is a screen for the window.
health-no-screen = There is no screen here (DISPLAY and WAYLAND_DISPLAY are not set): doorward serve --no-gui asks on a terminal.
health-starters = npx and uvx are found. Searched: { $path }
health-one-starter = { $program } cannot be found, which many servers are started with. Other servers work. Searched: { $path }
health-no-starters = npx and uvx cannot be found, which many servers are started with. Other servers work. Searched: { $path }
health-no-servers = No server is guarded yet. See: doorward add --help
health-server-paused = It is paused: no call reaches it until you resume it.
health-server-failed = { $why } The other servers work.
health-validates = It validates its tokens itself.
health-answers = { $url } answers.
health-silent = Nothing answers at { $url }. Is the server running? The other servers work.
health-tray = The icon is in the tray.
health-tray-nowhere = Nothing on this desktop shows icons in a tray. Requests open their window all the same. Start Doorward again to open this one. On GNOME the extension “AppIndicator and KStatusNotifierItem Support” adds a tray (sudo apt install gnome-shell-extension-appindicator).
health-no-tray = There is no icon in the tray: libayatana-appindicator3 is not installed (sudo apt install libayatana-appindicator3-1). Requests open their window all the same. Start Doorward again to open this one.
health-autostart = Doorward starts at login.
health-no-autostart = Doorward does not start at login.
health-autostart-unknown = This system does not say whether Doorward starts at login.
health-web-view = Windows are drawn by version { $version } of the system's web view.
health-no-web-view = The system has no web view to draw windows: { $why }

## Parts of what a server says about a tool, as they are called in MCP

tool-title = title
tool-description = description
tool-input = inputSchema
tool-output = outputSchema
tool-annotations = annotations

## Why Doorward does not start

start-already = Doorward is already running: { $holder }.
start-scripted = Scripted approval never works with the desktop's data: { $why }
holder-desktop = the desktop app, pid { $pid }
holder-command = { $command }, pid { $pid }
holder-other = another process
scripted-profile = name another profile (--profile ci).
scripted-port = name another port than 8765 (--port 9000).
scripted-persons = this profile was made by a person's own Doorward.
scripted-scripts = this profile belongs to scripted approval; name another one.
start-cannot = Doorward cannot start: { $why }.
