# Every text that a person reads in Doorward, in German. It follows the English (en.ftl). Syntax: https://projectfluent.org
# { $named } is "no" for a program that gave itself no name.

## Shared

deny = Ablehnen
    .key = A
later = Später
    .key = S
deny-more = Auf andere Weise ablehnen
deny-mute =
    { $named ->
        [no] Ablehnen und eine Stunde lang nicht wegen dieses Programms fragen
       *[yes] Ablehnen und eine Stunde lang nicht wegen { $program } fragen
    }
deny-never = Ablehnen und nie wieder wegen dieser App fragen
allow = Erlauben
    .key = E
cancel = Abbrechen
named =
    { $named ->
        [no] Ein Programm ohne Namen
       *[yes] „{ $name }“
    }
today-at = heute { $time }
day-at = { $day }, { $time }
failed = Das hat nicht funktioniert. Bitte erneut versuchen.
typed-wrong = Dort steht etwas anderes. Es wurde nichts freigegeben.
still-starting = Doorward startet noch.

## Titles and notifications: never a name that a program chose

title-request = Doorward: Anfrage
open = Doorward öffnen
notice-connect = Ein Programm möchte { $server } nutzen. Zum Antworten Doorward öffnen.
notice-call = Ein Programm möchte ein Tool auf { $server } ausführen. Zum Antworten Doorward öffnen.
notice-changed = { $server } hat seine Tools geändert. Zum Ansehen Doorward öffnen.
notice-add-server = Ein Programm möchte einen Server hinzufügen. Zum Antworten Doorward öffnen.
notice-lapsed =
    { $n ->
        [one] { $n } Anfrage blieb in der Abwesenheit ohne Antwort: { $servers }. Es wurde nichts freigegeben.
       *[other] { $n } Anfragen blieben in der Abwesenheit ohne Antwort: { $servers }. Es wurde nichts freigegeben.
    }
notice-code-twice = Eine Antwort von Doorward für { $server } wurde zweimal verwendet. Der Zugriff, den sie gab, wurde zurückgenommen.
notice-token-copied = Eine Kopie eines Tokens für { $server } wurde von einem anderen Programm verwendet. Der Zugriff wurde zurückgenommen.
notice-imported =
    { $n ->
        [0] Der Import ist zu Ende. Kein Server wurde importiert.
        [one] Der Import ist zu Ende. { $n } Server wurde importiert.
       *[other] Der Import ist zu Ende. { $n } Server wurden importiert.
    }

## The browser tab: it tells, and asks nothing

tab-title = Doorward fragt
tab-answer = Im Doorward-Fenster antworten
tab-number = Das Fenster zeigt diese Zahl ebenfalls oder fragt nach ihr. Wenn Sie diesen Tab schließen, wird die Anfrage zurückgezogen.
tab-code = Das Fenster zeigt einen Code. Erlauben Sie nur, wenn das Programm, das Sie hierher geschickt hat, denselben zeigt.
tab-nothing-given = Es wurde nichts freigegeben
refused-no-page = Diese Adresse lässt sich nur als eigene Seite öffnen.
refused-over = Diese Anfrage ist vorbei. Beginnen Sie neu in dem Tool, das Sie hierher geschickt hat.
refused-elsewhere = Diese Anfrage wurde in einem anderen Tab oder Programm beantwortet. Sie können diese Seite schließen.
refused-document = Das Programm, das fragt, ließ sich nicht bestimmen: { $why }.
unbound-unreadable = Die Anfrage war nicht lesbar.
unbound-no-client = Die Anfrage sagt nicht, welches Programm fragt (client_id).
unbound-client = Dieses Programm ist hier nicht oder nicht mehr registriert. Melden Sie sich im Tool selbst neu an.
unbound-redirect = Die Adresse, an die die Antwort gehen soll, hat dieses Programm nicht registriert (redirect_uri).
unbound-request = Die vorab geschickte Anfrage ist unbekannt, schon benutzt oder zu alt (request_uri).
unbound-untrusted = { $why } Noch niemand hat dieses Programm erlaubt; deshalb steht das hier und geht nicht dorthin, wohin seine Antworten gehen.

## Connection request

request-header = Verbindungsanfrage
request-before = Vorherige Anfrage
request-after = Nächste Anfrage
again-header = Erneute Anmeldung
more-header = Mehr Zugriff
nothing-waiting = Es wartet keine Anfrage.
count = { $position } von { $total }
wants =
    { $named ->
        [no] Ein Programm ohne Namen möchte { $server } nutzen
       *[yes] „{ $name }“ möchte { $server } nutzen
    }
again =
    { $named ->
        [no] Ein Programm ohne Namen meldet sich erneut bei { $server } an
       *[yes] „{ $name }“ meldet sich erneut bei { $server } an
    }
wants-more =
    { $named ->
        [no] Ein Programm ohne Namen möchte mehr von { $server } nutzen
       *[yes] „{ $name }“ möchte mehr von { $server } nutzen
    }
same-tools =
    { $n ->
        [one] Dasselbe Tool wie zuvor.
       *[other] Dieselben { $n } Tools wie zuvor.
    }
same-more = Alles anzeigen
continue = Fortfahren
first-request = Erste Anfrage dieses Programms.
allowed-on = Sie haben es am { $day } erlaubt.
allowed-before = Sie haben es schon einmal erlaubt.
name-altered = Der Name des Programms hat verborgene Zeichen. Jedes ist als sein Code zu sehen: ⟦U+…⟧.
name-shortened = Der Name des Programms ist länger als das, was davon zu sehen ist.
waits = Wartet auf die Antwort
process = { $name } ({ $pid })
started-by = gestartet von
more-parents = …
signed-by = Signiert von { $name }
not-signed = Nicht signiert
signature-broken = Die Signatur ist ungültig: Die Datei ist nicht die, die signiert wurde.
signature-unknown = Nicht feststellbar, wer das Programm signiert hat: { $why }
file-changed = Die Datei dieses Programms hat sich seit dem Start geändert oder ist nicht mehr da.
runs-script = mit dem Skript { $script }
on-place = unter { $place }
nobody-on-port = An Port { $port } dieses Computers wartet nichts.
nobody-how = Wenn das Programm auf einem anderen Computer läuft: Nach dem Erlauben zeigt Ihr Browser eine Adresse, die er nicht öffnen kann. Kopieren Sie diese Adresse und fügen Sie sie dort ein, wo das Programm danach fragt.
nobody-waiting = Auf diesem Computer wartet nichts auf die Antwort.
cannot-tell-listener = Doorward kann nicht feststellen, welches Programm wartet: { $why }.
answer-goes-to = Die Antwort geht an { $place }
answer-leaves = Die Antwort verlässt diesen Computer: { $host }
answer-opens = Die Antwort öffnet das Programm, das für Links mit { $scheme } zuständig ist
answer-opens-known = Die Antwort öffnet { $program } (Links mit { $scheme })
other-program = Auf diese Antwort wartet { $listener }, nicht das Programm, das sich registriert hat ({ $registrant }).
known-as = Sie kennen diesen Namen von einem anderen Programm: { $program }
looks-like = Dieser Name sieht aus wie { $name }, ist aber mit anderen Buchstaben geschrieben.
other-script = { $name } mit dem Skript { $script }
registered-by = Registriert von
asked-through = Anfrage über
same-program = { $process }, dasselbe Programm
nobody-seen = Kein Programm gefunden
cannot-tell = Nicht feststellbar: { $why }
wants-to-run =
    { $named ->
        [no] Ein Programm ohne Namen möchte { $tool } auf { $server } ausführen
       *[yes] „{ $name }“ möchte { $tool } auf { $server } ausführen
    }
server-changed = { $server } hat die Angaben zu seinen Tools geändert
call-header = Aufruf
changed-header = Geänderte Tools
start-as = Diesen Befehl als Server { $server } starten?
new-server-header = Neuer Server
new-server-text = Der Befehl läuft unter Ihrem Benutzerkonto und darf alles, was Sie dürfen. Doorward startet ihn jetzt, um die Tools abzufragen, und später, wenn ein Programm, dem Sie es erlauben, ihn aufruft.
new-folder = Ordner
new-variable = Variable
from-keyring = { $name }, aus dem Schlüsselbund
add-server-button = Hinzufügen
asked-by = Anfrage von
asked-by-you = Sie, in Doorward
called-by = Aufruf von
called-by-program = Aufgerufen von { $chain }
call-each-time = Sie möchten jedes Mal gefragt werden.
call-not-allowed-yet = Das Programm darf dieses Tool noch nicht nutzen.
call-never-passed = In letzter Zeit wurde kein Aufruf dieses Tools zugelassen.
call-arguments = Womit das Tool aufgerufen wird
call-leads-to = führt zu { $to }
call-path-leads-to = { $path } führt zu { $to }
call-without-arguments = Das Tool wird ohne Argumente aufgerufen.
call-for = Erlauben
call-reason = Bei Ablehnung: Grund für den Agenten
allow-once = Einmal erlauben
allow-ten-minutes = 10 Minuten lang erlauben
allow-program-ends = Erlauben, bis { $process } endet
allow-always = Immer erlauben
until-once = nur diesen Aufruf
until-ten-minutes = dieses Tool 10 Minuten lang
until-program-ends = dieses Tool, bis { $process } endet
until-taken-back = dieses Tool, bis ich es widerrufe
changed-text = Das Tool ist für alle Apps pausiert, bis Sie die Änderung angesehen haben. Unten steht, was anders ist; unsichtbare Zeichen sind dort sichtbar gemacht.
change-before = Zuletzt angesehen
change-after = Jetzt
use-new = Neue Version nutzen
keep-blocked = Gesperrt lassen
read-to-end = Erlauben geht erst, wenn Sie alle Argumente gesehen haben.
may-use = Darf nutzen
group-look = Lesen ({ $n })
group-change = Ändern ({ $n })
group-run = Löschen oder ausführen ({ $n })
group-held = Bereits erlaubt ({ $n })
choose-tools = Einzeln auswählen: { $group }
how-for = Erlaubte Nutzung: { $tool }
how-for-app = Erlaubte Nutzung: { $tool }, durch { $app }
mode-allow = erlaubt
mode-ask = jedes Mal fragen
mode-mixed = einzeln
mode-hide = verborgen
its-prompts = Prompts des Servers
its-resources = Ressourcen des Servers
tool-changed = Der Server hat die Angaben zu diesem Tool geändert. Es ist pausiert, bis Sie die Änderung angesehen haben.
tool-new = neu
tools-not-known = Die Tools des Servers sind noch nicht bekannt. { $why }
connect-until = Bis
until-mine = ich es widerrufe (endet nach 90 Tagen ohne Nutzung)
until-today = zum Ende des heutigen Tages
until-program = { $process } endet
may = Darf
asks-for = Möchte
scope-look = Lesen
scope-change = Ändern
scope-run = Löschen oder ausführen
may-nothing = Sich anmelden, sonst nichts
tab-shows = Ihr Browser-Tab zeigt
program-shows = Nur erlauben, wenn das Programm diesen Code zeigt
type-number = Zahl aus dem Browser-Tab eingeben
type-code = Code eingeben, den das Programm zeigt
type-place = Eingeben, wohin die Antwort geht (wie oben angezeigt)
tab-shows-nothing = Kein Browser-Tab zeigt eine Zahl zu dieser Anfrage.
details = Technische Details
detail-links = Seiten des Herstellers, nach Angabe des Programms
link-home = Startseite auf { $host } öffnen
link-policy = Datenschutzerklärung auf { $host } öffnen
link-terms = Nutzungsbedingungen auf { $host } öffnen
page-not-opened = Die Seite konnte nicht geöffnet werden.
detail-client = Client-ID
detail-redirect = Rücksprungadresse
detail-scopes = Scopes
detail-scopes-none = keine
detail-listener = Wartet auf die Antwort
detail-registrant = Registriert von
detail-requester = Anfrage über
detail-started = { $chain }, seit { $when }
detail-script = Skript
detail-command = Befehlszeile (vom Programm gewählt)
refused-at = Wird um { $time } automatisch abgewiesen
refused-soon = Wird in unter 1 Minute automatisch abgewiesen
refused-soon-unless = Unter 1 Minute: jede Taste gibt mehr Zeit
more-time = Mehr Zeit
time-over = Die Zeit zum Antworten ist abgelaufen. Es wurde nichts freigegeben.
allow-available = Erlauben ist jetzt möglich.

## A question without a page: on a terminal, and in the toolkit's own dialog

fact = { $label }: { $value }
wants-with-code =
    { $named ->
        [no] Ein Programm ohne Namen möchte { $server } nutzen und zeigt einen Code
       *[yes] „{ $name }“ möchte { $server } nutzen und zeigt einen Code
    }
allowed-call =
    { $named ->
        [no] Erlaubt: Das Programm ohne Namen führt { $tool } auf { $server } dieses eine Mal aus.
       *[yes] Erlaubt: „{ $name }“ führt { $tool } auf { $server } dieses eine Mal aus.
    }
allowed-use =
    { $named ->
        [no] Erlaubt: Das Programm ohne Namen darf { $server } nutzen.
       *[yes] Erlaubt: „{ $name }“ darf { $server } nutzen.
    }
allowed-change = Die neue Fassung der Tools von { $server } wird genutzt.
fact-command = Befehl
fact-change = { $tool }, { $part }
fact-how-long = Wie lange
fact-until = bis Sie es widerrufen; endet nach { $days } Tagen ohne Nutzung
fact-answer = Antwort geht an
fact-opens = das Programm, das { $scheme }:-Links öffnet
fact-leaves = { $host } (sie verlässt diesen Computer)
fact-fetched = das Programm, das fragt und sie abholt
fact-waiting = Wartet dort
fact-nobody = nichts auf diesem Computer
fact-tab = Browser-Tab
fact-shows = zeigt { $number }
fact-shows-number = zeigt eine Zahl, die eingetippt wird
fact-group = { $group }: { $tool }
fact-long = ({ $n } Zeichen) { $value }
fact-command-line = Befehlszeile (vom Programm gewählt): { $line }
fact-argument = Argument { $name }
fact-server-says = Der Server sagt
fact-refused = Abgelehnt um
fact-asks = Fragt jedes Mal
fact-may-not = Darf nicht
fact-no-tool = noch kein Tool: { $why }
fact-paused = { $tool } (geändert: pausiert)
fact-prompts = seine Prompts
fact-resources = seine Ressourcen
fact-because = Gefragt, weil
fact-cut = { $value } … ({ $n } Zeichen)
fact-kept = { $name }=•••• (aus dem Schlüsselbund)
fact-not-seen = kein Programm gefunden
fact-cannot-tell = nicht erkennbar: { $why }
fact-runs = { $executable } führt { $script } aus
fact-unsigned = nicht signiert
fact-signed = signiert von { $by }
fact-broken = die Signatur stimmt nicht
fact-signer-unknown = nicht erkennbar, wer es signiert hat: { $why }
fact-file = die Datei wurde seit dem Start geändert oder ist weg

## Main window

nav = Seiten
rules = Regeln
settings = Einstellungen
health = Zustand
search = Suchen
nothing-found = Nichts gefunden.
show-older = Ältere anzeigen
show-more = Mehr anzeigen
requests = Anfragen
apps = Apps
servers = Server
activity = Aktivität
activity-empty = Noch hat keine App etwas aufgerufen.
activity-export = Exportieren …
activity-exported = Alle Aufrufe stehen jetzt in { $file }, einer pro Zeile, als JSON.
export-failed = Die Aufrufe konnten nicht in eine Datei geschrieben werden: { $cause }.
activity-took = { $ms } ms, { $bytes } Byte
tools-of = Tools …
tools-of-whom =
    { $named ->
        [no] des Programms ohne Namen auf { $server }
       *[yes] von „{ $name }“ auf { $server }
    }
rule-paused = pausiert: geändert
rule-ends = bis { $when }
rule-ends-with = bis Prozess { $pid } endet
pause = Pausieren
resume = Fortsetzen
paused-banner-until = Doorward ist bis { $when } pausiert. Bis dahin kann sich kein Programm mit einem Server verbinden oder einen nutzen.
paused-banner = Doorward ist pausiert. Bis Sie die Pause beenden, kann sich kein Programm mit einem Server verbinden oder einen nutzen.
version = Doorward { $version }
requests-empty = Es wartet keine Anfrage.
requests-empty-more = Wenn ein Programm einen Ihrer Server nutzen möchte, erscheint das hier.
request-line = { $program } · wird um { $time } automatisch abgewiesen
request-line-call = aufgerufen von { $program } · wird um { $time } automatisch abgewiesen
request-line-server = Das sagt der Server selbst · wird um { $time } automatisch abgewiesen
request-line-by-hand = Von Ihnen in Doorward angefragt · wird um { $time } automatisch abgewiesen
request-line-asked = Angefragt von { $program } · wird um { $time } automatisch abgewiesen
request-line-web = Die Antwort verlässt diesen Computer: { $host }
request-line-scheme = Die Antwort öffnet das Programm, das für Links mit { $scheme } zuständig ist
request-line-nobody = Kein Programm wartet auf die Antwort
request-line-cannot-tell = Nicht feststellbar, welches Programm wartet
answer = Antworten …
recently = Zuletzt
recently-empty = Hier stehen Ihre Antworten und beendete Anfragen.
outcome-allowed = Erlaubt
outcome-allowed-once = Einmal erlaubt
outcome-denied = Abgelehnt
outcome-lapsed = Nicht rechtzeitig beantwortet
outcome-withdrawn = Vom Programm zurückgezogen
outcome-superseded = Durch eine neuere Anfrage ersetzt
outcome-refused = Von Doorward abgewiesen
outcome-disconnected = Getrennt
subject-server = Der Server { $server }
apps-empty = Keine App ist verbunden.
apps-empty-how = Um Claude Code mit { $server } zu verbinden, diesen Befehl in einem Terminal ausführen:
apps-empty-then = Dann in Claude Code /mcp eingeben und „Authenticate“ wählen. Doorward fragt Sie, bevor etwas erlaubt wird.
apps-empty-no-server = Zuerst einen Server hinzufügen. Dann ein Programm damit verbinden.
go-to-servers = Zu den Servern
app-program-unknown = Das Programm ist nicht bekannt.
programs-of-logins = Programme hinter den Anmeldungen
part-registered = { $name } hat die App registriert
part-asked = { $name } hat die Anfrage geöffnet
part-listened = { $name } hat auf die Antwort gewartet
part-redeemed = { $name } hat die Antwort eingelöst
part-refused = { $name } hat versucht, eine Antwort einzulösen, die für ein anderes Programm war, und nichts bekommen
part-unknown = Ein nicht feststellbares Programm ({ $why })
muted-until = Bis { $when } fragt Doorward Sie nicht wegen { $name }
unmute = Wieder fragen
app-no-grants = Darf keinen Server nutzen.
first-seen = Zuerst gesehen am { $day }
grant-allowed = Erlaubt am { $day }
grant-used = Zuletzt genutzt: { $when }
grant-unused = Noch nicht genutzt
grant-tools =
    { $n ->
        [0] Kein Tool
        [one] { $n } Tool
       *[other] { $n } Tools
    }
grant-calls =
    { $n ->
        [0] Kein Aufruf in 30 Tagen
        [one] { $n } Aufruf in 30 Tagen
       *[other] { $n } Aufrufe in 30 Tagen
    }
grant-ends = Endet am { $day }
disconnect = Trennen …
disconnect-from = Von { $server } trennen …
disconnect-app =
    { $named ->
        [no] das Programm ohne Namen von allen Servern
       *[yes] „{ $name }“ von allen Servern
    }
disconnect-server =
    { $named ->
        [no] (das Programm ohne Namen)
       *[yes] („{ $name }“)
    }
confirm-disconnect-app =
    { $named ->
        [no] Das Programm ohne Namen trennen?
       *[yes] „{ $name }“ trennen?
    }
confirm-disconnect-app-text = Ab dem nächsten Aufruf kann die App keinen Server mehr nutzen. Um wieder einen zu nutzen, muss sie bei Ihnen anfragen.
confirm-disconnect-server =
    { $named ->
        [no] Das Programm ohne Namen von { $server } trennen?
       *[yes] „{ $name }“ von { $server } trennen?
    }
confirm-disconnect-server-text = Ab dem nächsten Aufruf kann die App diesen Server nicht mehr nutzen. Um ihn wieder zu nutzen, muss sie bei Ihnen anfragen.
confirm-disconnect = Trennen
welcome = Willkommen bei Doorward
welcome-text = Doorward steht zwischen den Programmen auf diesem Computer und Ihren MCP-Servern. Kein Programm kann einen Server nutzen, bevor Sie es erlauben.
welcome-no-tray = Diese Arbeitsumgebung zeigt kein Symbol für Doorward. Anfragen öffnen trotzdem ihr Fenster; um dieses zu öffnen, starten Sie Doorward noch einmal. Unter GNOME fügt die Erweiterung „AppIndicator and KStatusNotifierItem Support“ einen Infobereich hinzu.
welcome-import = Aus Claude Code, Cursor, VS Code … übernehmen
welcome-import-hint = Übernimmt die Server, die Ihre Programme schon nutzen, und verschiebt deren Geheimnisse in den Schlüsselbund. Jede Änderung ist vorher zu sehen.
welcome-add = Server hinzufügen
welcome-add-hint = Ein Befehl, den Doorward für Sie startet, oder die Adresse eines Servers, der schon läuft.
welcome-look = Umsehen
welcome-look-hint = Zeigt, ob alles da ist, was Doorward braucht. Dabei wird nichts verändert.
welcome-terminal = Dasselbe in einem Terminal
server-address = Adresse für Programme
server-upstream = Leitet weiter an
server-command = Befehl
server-state = Status
server-log = Protokoll
server-tools = Tools
server-tools-unknown = noch nicht bekannt
server-tools-listed =
    { $n ->
        [one] { $n } Tool
       *[other] { $n } Tools
    }
server-tools-new =
    { $n ->
        [one] { $n } neu: verborgen, bis Sie es erlauben
       *[other] { $n } neu: verborgen, bis Sie sie erlauben
    }
server-tools-changed =
    { $n ->
        [one] { $n } angehalten: geändert
       *[other] { $n } angehalten: geändert
    }
server-tools-pinned = unverändert, seit Sie sie angesehen haben
server-tools-show = Tools und wer sie nutzen darf
server-tools-none = Noch darf keine App diesen Server nutzen.
server-tools-tool = Tool
server-secrets = Geheimnisse
server-secrets-in-keyring = { $names } (im Schlüsselbund)
server-tokens = Tokens
server-validates = Signiert; der Server prüft sie selbst
copy-address = Adresse kopieren
copy-address-of = von { $server }
copy-command = Befehl kopieren
copied = Kopiert
copy-failed = Das Kopieren hat nicht funktioniert. Bitte den Text markieren und von Hand kopieren.
remove = Entfernen …
remove-server = { $server }
confirm-remove = { $server } entfernen?
confirm-remove-text = Programme können den Server nicht mehr über Doorward erreichen, und was Sie für ihn erlaubt haben, endet. Der Server selbst wird nicht verändert.
confirm-remove-button = Entfernen
add-heading = Server hinzufügen
add-name = Name
add-name-hint = Ein kurzer Name, zum Beispiel files. Er wird Teil der Adresse, die Programme nutzen.
add-url = URL
add-url-hint = Wo der MCP-Server antwortet, zum Beispiel http://127.0.0.1:3001/mcp
add-submit = Server hinzufügen
add-name-missing = Bitte einen Namen für den Server eingeben.
add-url-missing = Bitte die URL des Servers eingeben.
added = { $server } wurde hinzugefügt.
added-unknown = Welche Tools er hat, hat er noch nicht gesagt. Er wird wieder gefragt, wenn ein Programm sich verbindet.
added-more = Noch einen Server hinzufügen
add-kind = Was für ein Server es ist
add-kind-command = Ein Befehl auf diesem Computer
add-kind-address = Unter einer Adresse
add-line = Befehl
add-line-hint = So, wie er in einem Terminal eingegeben wird, zum Beispiel npx -y @modelcontextprotocol/server-filesystem ~/work
add-folder = Ordner (optional)
add-folder-hint = Wo der Befehl läuft. Bleibt dies leer, ist es Ihr persönlicher Ordner.
add-variables = Umgebungsvariablen (optional)
add-variables-hint = Der Wert eines Geheimnisses kommt in den Schlüsselbund.
add-variable = Variable hinzufügen
variable-of = Variable { $n }
variable-name = Name
variable-value = Wert
variable-secret = Geheimnis
adding-command = Doorward fragt in einem Fenster nach, das den ganzen Befehl zeigt. Nichts startet, bevor Sie dort auf Hinzufügen drücken.
import-open = Übernehmen …
add-open = Server hinzufügen …
import-title = Server übernehmen
import-back = Zurück zu Server
import-looking = Die Dateien Ihrer Programme werden angesehen …
import-nothing = Kein Programm hat einen Server, der übernommen werden könnte.
import-text = Die Server, die Sie auswählen, laufen von da an über Doorward, und ihre Geheimnisse kommen in den Schlüsselbund. Sonst ändert sich in diesen Dateien nichts.
import-address = Adresse
import-secrets = Geheimnisse
import-stays = Bleibt, wie er ist. { $why }
import-left-alone = Bleibt unberührt. { $why }
import-show = Änderungen zeigen
import-none-chosen = Bitte mindestens einen Server auswählen.
import-changes = Was sich ändert
import-asks =
    { $n ->
        [0] Für diese Server wird nichts gestartet.
        [one] Doorward fragt in einem Fenster nach, das den ganzen Befehl zeigt. Er startet nicht, bevor Sie dort auf Hinzufügen drücken.
       *[other] Doorward fragt nach jedem der { $n } Befehle in einem Fenster, das ihn ganz zeigt. Keiner startet, bevor Sie dort auf Hinzufügen drücken.
    }
import-to-keyring = { $name } kommt in den Schlüsselbund
import-entry-stays = { $server } bleibt, wie er ist. { $why }
import-cancel = Andere auswählen
import-do =
    { $n ->
        [one] { $n } Server übernehmen
       *[other] { $n } Server übernehmen
    }
import-waits = Bitte in dem Fenster antworten, in dem Doorward fragt.
import-under-way = Ein Import läuft. Antworten Sie in dem Fenster, in dem Doorward fragt.
import-done =
    { $n ->
        [0] Nichts wurde übernommen
        [one] { $n } Server wurde übernommen
       *[other] { $n } Server wurden übernommen
    }
import-file-changed = { $file } wurde geändert.
import-file-unwritten = { $file } ist, wie die Datei war.
import-then = Programme lesen ihre Dateien, wenn sie starten. Sobald sich eines verbindet, fragt Doorward nach.
undo-heading = Früher übernommen
undo = Rückgängig …
undo-entries = Nur die Einträge zurücksetzen …
confirm-undo = Die Dateien von { $client } zurücksetzen?
confirm-undo-text = Sie werden Byte für Byte, was sie vor dem Übernehmen waren. Die Server bleiben hinter Doorward.
confirm-undo-entries-text = Nur die Einträge, die Doorward geschrieben hat, werden zurückgesetzt. Alles andere in den Dateien bleibt, wie es jetzt ist, und die Server bleiben hinter Doorward.
confirm-undo-button = Zurücksetzen
undo-done =
    { $n ->
        [0] Nichts wurde zurückgesetzt
        [one] { $n } Datei wurde zurückgesetzt
       *[other] { $n } Dateien wurden zurückgesetzt
    }
undone = { $file } wurde zurückgesetzt.
undone-kept = { $name } in { $file } bleibt, wie es ist: Der Eintrag wurde seither geändert.
undone-still = Weiter hinter Doorward: { $servers }
allow-tools =
    { $n ->
        [one] { $n } Tool erlauben
       *[other] { $n } Tools erlauben
    }
allow-more-tools =
    { $n ->
        [one] { $n } weiteres Tool erlauben
       *[other] { $n } weitere Tools erlauben
    }
keep-tools =
    { $n ->
        [one] { $n } Tool behalten
       *[other] { $n } Tools behalten
    }
call-passed =
    { $n ->
        [one] Einmal durchgelassen, { $when }.
       *[other] { $n }-mal durchgelassen, zuletzt { $when }.
    }
show-all =
    { $n ->
        [one] { $n } Zeichen anzeigen
       *[other] Alle { $n } Zeichen anzeigen
    }
value-cut =
    { $n ->
        [one] Der Wert hat { $n } Zeichen; hier kann nicht alles angezeigt werden.
       *[other] Der Wert hat { $n } Zeichen; hier kann nicht alles angezeigt werden.
    }
deny-all =
    { $named ->
        [no] Alle { $n } Anfragen dieses Programms ablehnen
       *[yes] Alle { $n } Anfragen von { $program } ablehnen
    }
seconds-left =
    { $n ->
        [one] Noch { $n } Sekunde zum Antworten.
       *[other] Noch { $n } Sekunden zum Antworten.
    }
seconds-left-unless =
    { $n ->
        [one] Noch { $n } Sekunde zum Antworten. Jede Taste gibt Ihnen mehr Zeit.
       *[other] Noch { $n } Sekunden zum Antworten. Jede Taste gibt Ihnen mehr Zeit.
    }
part-times =
    { $n ->
        [one] Einmal, { $when }
       *[other] { $n }-mal, zuletzt { $when }
    }
other-registrations = Weitere Registrierungen ({ $n })
registered-on = registriert { $when }
app-count =
    { $n ->
        [one] { $n } App
       *[other] { $n } Apps
    }
waiting-count =
    { $n ->
        [one] { $n } Anfrage wartet
       *[other] { $n } Anfragen warten
    }

## What is told in the words of others: a system, a server

verbatim = { $text }
list-separator = { ", " }

## Requests: who is not asked about

blocked =
    { $named ->
        [no] Sie möchten nie wegen des Programms ohne Namen ({ $program }) gefragt werden
       *[yes] Sie möchten nie wegen „{ $name }“ ({ $program }) gefragt werden
    }

## Apps: less than disconnecting

whom =
    { $named ->
        [no] das Programm ohne Namen
       *[yes] „{ $name }“
    }
ask-all = Jedes Mal fragen …
confirm-ask-all =
    { $named ->
        [no] Jedes Mal fragen, wenn das Programm ohne Namen ein Tool benutzt?
       *[yes] Jedes Mal fragen, wenn „{ $name }“ ein Tool benutzt?
    }
confirm-ask-all-text = Ab dem nächsten Aufruf wartet jeder Tool-Aufruf der App auf Ihre Antwort. Prompts und Ressourcen werden verborgen: Dort kann nicht gefragt werden.
confirm-ask-all-button = Jedes Mal fragen
asked-for-all =
    { $n ->
        [0] Kein Tool war ohne Nachfrage erlaubt.
        [one] Ab jetzt werden Sie bei { $n } Tool gefragt.
       *[other] Ab jetzt werden Sie bei { $n } Tools gefragt.
    }{ $hidden ->
        [0] {""}
        [one] {" "}Die Prompts oder Ressourcen von { $hidden } Server sind verborgen.
       *[other] {" "}Prompts oder Ressourcen sind verborgen, insgesamt { $hidden }-mal die eines Servers.
    }
app-paused = Pausiert: Aufrufe dieser App werden abgewiesen, bis Sie die Pause beenden.
disconnected = Getrennt.{ ended-with-it }
ended-with-it =
    { $calls ->
        [0] {""}
        [one] {" "}{ $calls } laufender Aufruf wurde abgebrochen.
       *[other] {" "}{ $calls } laufende Aufrufe wurden abgebrochen.
    }{ $streams ->
        [0] {""}
        [one] {" "}{ $streams } offener Stream wurde geschlossen.
       *[other] {" "}{ $streams } offene Streams wurden geschlossen.
    }


## Servers

server-stopped = Gestoppt. Der nächste Aufruf startet ihn.
server-starting = Startet.
server-running =
    { $n ->
        [one] Läuft als Prozess { $pid } (MCP { $protocol }).
       *[other] Läuft in { $n } Prozessen, einem je App (MCP { $protocol }).
    }
server-failed = Fehlgeschlagen. { $reason }

## Rules

rules-empty = Noch ist zu keinem Tool etwas festgelegt. Regeln entstehen aus Ihren Antworten und lassen sich hier ändern.
rules-ending = Nur Regeln, die von selbst enden
rule-set = Seit dem { $day }
## Settings

setting-autostart = Beim Anmelden starten
setting-autostart-hint = Doorward startet ohne Fenster, mit seinem Symbol im Infobereich.
setting-after-restart = Gilt erst, wenn Doorward neu gestartet wird.
settings-file = Die Einstellungen stehen in dieser Datei, die Sie auch selbst bearbeiten können:
setting-language = Sprache
setting-language-hint = Für Fenster, Infobereich, Benachrichtigungen und Browser-Tab. Die Befehlszeile spricht Englisch.
language-system = Wie das System
language-en = English
language-de = Deutsch
setting-notifications = Benachrichtigungen
setting-notifications-hint = Melden, dass etwas wartet. Ohne Schaltflächen: Dort wird nichts beantwortet.
setting-sound = Ton
setting-sound-hint = Ein kurzer Ton zu jeder Benachrichtigung, außer wenn im System „Nicht stören“ eingeschaltet ist.
setting-port = Port
setting-port-hint = Teil der Adressen, die Ihre Programme nutzen: Nach einer Änderung brauchen sie die neue Adresse. Im Terminal ändert doorward port NUMMER auch diese.
setting-policy = Richtlinie
setting-policy-hint = Was registriert und angefragt werden darf. Eine andere als die voreingestellte ist für Programme, die für sie gemacht wurden.
setting-schemes = Link-Schemata
setting-schemes-hint = Programme, die über eigene Links erreicht werden, eins pro Zeile.
setting-containers = Container bedienen
setting-containers-hint = Lässt Verbindungen zu, die über das Relay eines Containers oder von WSL kommen. Dann lässt sich nicht feststellen, welches Programm anfragt.
setting-origins = Webseiten
setting-origins-hint = Origins von Webseiten, die mit Doorward sprechen dürfen, einer pro Zeile. Leer lassen, wenn Sie keinen Grund für einen Eintrag kennen.
setting-documents = Durch ein Dokument beschriebene Clients
setting-documents-hint = Erlaubt einem Programm, eine Webadresse zu nennen, die es beschreibt. Doorward ruft dieses Dokument dann ab.
policy-heading = Die Richtlinie im Einzelnen
policy-text = Was Programme registrieren und anfragen dürfen. Die Werte sind die der Richtlinie oben, solange hier nichts anderes gesetzt ist.
policy-elsewhere = { $policies }: { $value }
policy-empty = leer
policy-yes = ja
policy-no = nein
policy-max-redirect-uris = Rücksprungadressen, die ein Client registrieren darf
policy-loopback-hosts = Namen dieses Computers, die eine Rücksprungadresse haben darf, einer pro Zeile
policy-name-required = Ein Client muss seinen Namen nennen
policy-auth-methods = Wie Clients sich ausweisen dürfen, eine Art pro Zeile
policy-default-auth-method = Wie sich ein Client ausweist, der nichts dazu sagt
policy-secret-seconds = Sekunden, die ein Client-Geheimnis gilt; 0: immer
policy-grant-types = Was Clients gegen Tokens tauschen dürfen, eine Art pro Zeile
policy-default-grant-types = Was ein Client tauschen darf, der nichts dazu sagt
policy-forced-scope = Der eine Scope, den alle bekommen, was auch angefragt war; leer: keine solche Regel
policy-default-scope = Der Scope eines Clients, der keinen nennt; mcp: der des angefragten Servers
policy-more-scopes = Scopes neben denen der Server; sie öffnen nichts
policy-answer-members = Felder der Antwort auf eine Registrierung; leer: alle
policy-needs-server = Programme können sich nur registrieren, solange es einen Server gibt
policy-more-paths = Weitere Adressen für die Registrierung
policy-daily-per-program = Registrierungen eines Programms am Tag; 0: keine Grenze
policy-daily = Registrierungen am Tag insgesamt; 0: keine Grenze
policy-redirect-uri-required = redirect_uri muss gesendet werden, auch wenn nur eine registriert ist
policy-state-required = state muss gesendet werden

## Health

health-checking = Wird geprüft …
health-summary =
    { $n ->
        [0] Alles funktioniert.
        [one] { $n } Sache funktioniert nicht.
       *[other] { $n } Dinge funktionieren nicht.
    }
health-again = Erneut prüfen
health-copy = Bericht kopieren
health-good = In Ordnung:
health-note = Gut zu wissen:
health-fault = Funktioniert nicht:
restart = Neu starten

## The tray

tray-waiting =
    { $n ->
        [0] Keine wartenden Anfragen
        [one] { $n } Anfrage wartet …
       *[other] { $n } Anfragen warten …
    }
tray-muted = { $name } fortsetzen (stumm bis { $time })
tray-recent = Zuletzt
day-of-month =
    { $month ->
        [1] { $day }. Jan.
        [2] { $day }. Feb.
        [3] { $day }. März
        [4] { $day }. Apr.
        [5] { $day }. Mai
        [6] { $day }. Juni
        [7] { $day }. Juli
        [8] { $day }. Aug.
        [9] { $day }. Sept.
        [10] { $day }. Okt.
        [11] { $day }. Nov.
       *[12] { $day }. Dez.
    }
day-of-year = { $day } { $year }
tray-happened = { $time } · { $name } · { $server }: { $outcome }
tray-called = { $time } · { $name } · { $tool } auf { $server }: { $outcome }
tray-tools =
    { $n ->
        [one] { $n } Tool auf { $server } · noch nicht genutzt
       *[other] { $n } Tools auf { $server } · noch nicht genutzt
    }
tray-tools-used =
    { $n ->
        [one] { $n } Tool auf { $server } · zuletzt genutzt: { $time }
       *[other] { $n } Tools auf { $server } · zuletzt genutzt: { $time }
    }
tray-paused = Pausiert
tray-copy-claude = „claude mcp add …“ kopieren
tray-pause = Alles pausieren
tray-quarter = 15 Minuten
tray-hour = 1 Stunde
tray-open-end = Bis ich die Pause beende
tray-open = Doorward öffnen …
tray-settings = Einstellungen …
tray-updated-by = Aktualisiert von { $by }
tray-log = Log anzeigen …
tray-quit =
    { $n ->
        [0] Beenden
        [one] Beenden (stoppt { $n } Server)
       *[other] Beenden (stoppt { $n } Server)
    }

## Warum sich nicht sagen lässt, welches Programm es ist oder wer es signiert hat: eingesetzt in „Nicht feststellbar: …“

why-late = die Abfrage hat zu lange gedauert
why-gone = es läuft nicht mehr
why-closed = seine Verbindung war schon geschlossen
why-hidden = das System sagt nicht, welches Programm die Verbindung hält
why-hidden-as-containers = das System sagt nicht, welcher Prozess die Verbindung hält, wie etwa bei Containern
why-several = mehrere Programme lauschen auf Port { $port }
why-to-ssh = diese Antwort geht über { $relay } an einen anderen Computer
why-from-ssh = die Anfrage kommt über { $relay } von einem anderen Computer
why-to-container = das wartende Programm läuft in einem Container, hinter { $relay }
why-from-container = das anfragende Programm läuft in einem Container, hinter { $relay }
why-to-wsl = das wartende Programm läuft in WSL, hinter { $relay }
why-from-wsl = das anfragende Programm läuft in WSL, hinter { $relay }
why-rule = eine Regel hat es angelegt
why-root = es gehört root, wie etwa bei Containern
why-link = das System öffnet den Link mit dem dafür registrierten Programm
why-leaves = die Antwort verlässt diesen Computer
why-document = es hat sich nicht registriert: ein Dokument auf { $host } beschreibt es
why-caller-hidden = dieses System nennt den Aufrufer nicht
why-nobody-listened = dort hat nichts gelauscht
why-file-unreadable = seine Datei kann nicht gelesen werden
why-file-another = seine Datei ist eine andere als die, die läuft
why-signer-hidden = das System hält die Signatur für gültig und sagt nicht, von wem sie ist
why-whose-hidden = das System sagt nicht, von wem sie ist
why-system-answers = das System antwortet mit { $code }

## Was geschehen ist, auf der Seite Anfragen

event-allowed = Sie haben es erlaubt.
event-said-no = Sie haben abgelehnt.
event-said-never = Sie haben abgelehnt und wollen nie wieder danach gefragt werden.
event-asked-though-never = Es hat gefragt, obwohl Sie nie wieder danach gefragt werden wollen.
event-just-denied = Sie haben dieselbe Anfrage gerade eben abgelehnt.
event-muted = Dieses Programm ist für eine Weile stummgeschaltet.
event-allowed-once = Sie haben { $tool } einmal erlaubt.
event-allowed-ten-minutes = Sie haben { $tool } für 10 Minuten erlaubt.
event-allowed-today = Sie haben { $tool } für heute erlaubt.
event-allowed-program-ends = Sie haben { $tool } erlaubt, bis das Programm endet.
event-allowed-taken-back = Sie haben { $tool } erlaubt, bis Sie es zurücknehmen.
event-said-no-to = Sie haben { $tool } abgelehnt.
event-said-never-to = Sie haben { $tool } abgelehnt und wollen nicht wieder danach gefragt werden.
event-call-unanswered = { $tool }: { $why }
event-looked-at = Sie haben sich angesehen, was sich an { $tools } geändert hat.
event-server-added = Hinzugefügt: { $command } (angefragt von { $who })
event-server-said-no = Sie haben es abgelehnt, ihn hinzuzufügen: { $command } (angefragt von { $who })
event-server-unanswered = Nicht hinzugefügt: { $command } (angefragt von { $who }). { $why }
event-asked-by-you = Ihnen, in Doorward
event-asked-by-unknown = einem nicht erkennbaren Programm
event-kept-blocked = Sie lassen { $tools } nach der Änderung gesperrt.
event-changed-unanswered = { $tools } wurde geändert: { $why }
event-rule = Sie haben eine Regel dafür angelegt: { $tools }, für { $long }.
event-disconnected = Sie haben es getrennt.{ ended-with-it }
event-signed-out = Es hat sich abgemeldet.
event-code-twice = Sein Code wurde zweimal verwendet. Der Zugriff wurde zurückgenommen.
event-token-copied = Eine Kopie seines Tokens wurde von einem anderen Programm verwendet. Der Zugriff wurde zurückgenommen.
event-other-redeemed = { $program } wollte die Antwort einlösen, auf die { $listener } gewartet hat. Es hat nichts bekommen.
event-unknown-redeemed = Ein Programm, das sich nicht feststellen lässt, wollte die Antwort einlösen, auf die { $listener } gewartet hat. Es hat nichts bekommen.
event-other-polled = Ein anderes Programm wollte die Antwort abholen, um die { $program } gebeten hat. Es hat nichts bekommen.
notice-muted =
    { $n ->
        [one] { $program } hat immer wieder gefragt. Doorward fragt Sie { $n } Minute lang nicht danach.
       *[other] { $program } hat immer wieder gefragt. Doorward fragt Sie { $n } Minuten lang nicht danach.
    }

## Warum niemand geantwortet hat

unanswered-timed-out = Niemand hat rechtzeitig geantwortet.
unanswered-hung-up = Das anfragende Programm war weg, bevor ihm geantwortet wurde.
unanswered-full = Es warten schon zu viele Anfragen.
unanswered-not-shown = Die Frage konnte auf diesem Computer nicht angezeigt werden.
unanswered-superseded = Eine neuere Anfrage desselben Programms ist an ihre Stelle getreten.
unanswered-just-denied = Dieselbe Anfrage wurde gerade eben abgelehnt.
unanswered-muted = Dieses Programm ist für eine Weile stummgeschaltet.
unanswered-blocked = Nach dieser App soll nicht wieder gefragt werden.
unanswered-foreign-listener = Wo die Antwort hingehen würde, wartet ein Programm eines anderen Benutzers dieses Computers.
unanswered-quitting = Doorward wurde beendet, bevor jemand geantwortet hat.
unanswered-crashed = Doorward endete, bevor jemand geantwortet hat.

## Wie lange, eingesetzt in einen Satz

hours =
    { $n ->
        [one] { $n } Stunde
       *[other] { $n } Stunden
    }
minutes =
    { $n ->
        [one] { $n } Minute
       *[other] { $n } Minuten
    }
seconds =
    { $n ->
        [one] { $n } Sekunde
       *[other] { $n } Sekunden
    }

## Was über einen Aufruf entschieden hat und wie er endete, auf der Seite Aktivität

call-became = { $why }, { $ended }
decided-allowed = erlaubt
decided-when-asked = auf Nachfrage erlaubt
decided-changed-meanwhile = während des Wartens geändert
decided-put-off = aufgeschoben
decided-could-not-ask = Nachfrage nicht möglich
decided-denied = auf Nachfrage abgelehnt
decided-not-yet = noch nicht beantwortet
decided-denied-before = gerade eben abgelehnt
decided-not-asked = keine Nachfrage gewünscht
decided-hidden = verborgen
decided-unknown = unbekannt
decided-unknown-method = unbekannte Methode
decided-changed = geändert
decided-no-answer = keine Antwort
ended-answered = beantwortet
ended-refused = abgewiesen
ended-server-failed = Server ausgefallen
ended-server-refused = vom Server abgewiesen
ended-cut = abgebrochen

## What is wrong with the data, the keyring, the configuration or the port

store-newer = { $path } wurde von einem neueren Doorward geschrieben (Version { $found }, dieses kennt { $known }). Aktualisieren Sie Doorward; nichts wurde geändert.
store-full = Der Datenträger mit den Daten von Doorward ist voll. Nichts wurde geändert; schaffen Sie Platz und versuchen Sie es noch einmal.
store-read-only = Doorward kann seine Daten nicht schreiben: die Datei oder ihr Ordner ist schreibgeschützt ({ $why }).
store-damaged = { $path } ist keine Datenbank von Doorward oder ist beschädigt. Sie wurde nicht verändert; verschieben Sie sie, um neu anzufangen.
store-other = Die Daten von Doorward konnten nicht verwendet werden: { $why }.
store-closed = Doorward wird beendet.
store-busy = ein anderes Programm verwendet die Datei
store-disk = der Datenträger meldet einen Ein-/Ausgabefehler; er ist vielleicht voll oder defekt
keyring-none = Auf diesem Computer antwortet kein Schlüsselbund ({ $cause }). Doorward bewahrt seinen Schlüssel dort auf und nirgends sonst. Installieren Sie einen (zum Beispiel: sudo apt install gnome-keyring) und melden Sie sich neu an, oder starten Sie ihn; starten Sie dann Doorward noch einmal.
keyring-locked = Ihr Schlüsselbund ist gesperrt ({ $cause }). Entsperren Sie ihn und starten Sie Doorward dann noch einmal.
keyring-damaged = Der Schlüsselbund hat etwas zurückgegeben, was Doorward nicht dort abgelegt hat: { $cause }.
keyring-late = Der Schlüsselbund hat { $seconds } Sekunden lang nicht geantwortet. Wartet irgendwo ein Dialog zum Entsperren?
keyring-secret-service = der Secret Service der Arbeitsumgebung
keyring-kernel = der Schlüsselbund des Kernels, der beim nächsten Neustart dieses Computers alles vergisst
keyring-keychain = der Schlüsselbund von macOS
keyring-credentials = die Anmeldeinformationsverwaltung von Windows
key-lost = Der Schlüssel zu den Daten von Doorward ist nicht mehr in Ihrem Schlüsselbund; was erlaubt wurde, kann nicht mehr geprüft werden. Um fortzufahren, führen Sie aus: doorward reset --keep-servers (Ihre Server bleiben, jede App verbindet sich neu).
config-no-home = Dieses System sagt nicht, wo Ihre Dateien hingehören (HOME ist nicht gesetzt).
config-folder = Doorward kann nicht nach { $path } schreiben: { $cause }.
config-unreadable = Doorward kann { $path } nicht lesen: { $cause }.
config-invalid = { $path } ist keine gültige Konfiguration: { $cause }
port-taken = Port { $port } ist belegt: { $holder }. Ihre Programme sind auf { $port } eingestellt, darum weicht Doorward nicht von selbst auf einen anderen aus: Beenden Sie dieses Programm, oder wählen Sie mit doorward port NUMMER einen anderen Port.
port-held = Port { $port } ist belegt: { $holder }.
port-stays = Ihre Programme sind auf { $port } eingestellt, darum weicht Doorward nicht von selbst auf einen anderen aus.
port-given = Doorward wurde mit --port { $port } gestartet und sucht darum keinen anderen. Für einen anderen Port starten Sie es mit diesem oder ohne --port.
port-title = Doorward kann nicht starten
port-again = Erneut versuchen
port-other = Anderen Port verwenden…
port-quit = Beenden
port-move = Port { $to } statt { $from } verwenden?
port-move-files =
    { $n ->
        [one] Diese Datei Ihrer Programme wird geändert, und darin nichts als der Port:
       *[other] Diese { $n } Dateien Ihrer Programme werden geändert, und darin nichts als der Port:
    }
port-move-file = { $program }: { $names } in { $file }
port-move-none = Keine Konfiguration, die Doorward kennt, führt zu Port { $from }.
port-move-left = Diese Datei bleibt, wie sie ist, weil sie nicht gelesen oder geändert werden kann: { $file }
port-move-elsewhere = Was anderswo eingerichtet ist, braucht die neue Adresse von Ihnen.
port-move-yes = Port { $to } verwenden
port-move-failed = Der Port wurde nicht geändert: { $why }
port-move-stopped = Doorward bleibt auf Port { $from }, weil nicht jede Datei geändert werden konnte: { $why } Diese führen schon zu Port { $to }: { $files }
port-none-free = Über { $port } ist kein Port frei.
port-refused = Doorward kann nicht auf Port { $port } lauschen: { $cause }.
holder-program = { $name } (PID { $pid }, { $path })
holder-unknown = ein Programm, das sich nicht feststellen lässt
holder-other-user = ein Programm eines anderen Benutzers ({ $account })
account-system = das System selbst
account-hidden = diesem Benutzer nicht genannt
account-id = Benutzer-ID { $id }

## What cannot be done

no-such-server = Es gibt keinen Server namens { $server }.
no-such-app = Es gibt keine App { $app } mit Zugriff.
no-such-blocked = { $app } ist keine App, nach der Sie nie gefragt werden wollen.
no-such-tool = Der Server hat kein Tool namens { $tool }.
rule-wider = Damit wäre mehr erlaubt als jetzt. Erlauben Sie es im Fenster oder wenn die App danach fragt.
not-waiting = Diese Anfrage wartet nicht mehr.
bad-server-name = Der Name eines Servers hat 1 bis 32 Kleinbuchstaben, Ziffern, „-“ oder „_“, beginnt mit einem Buchstaben oder einer Ziffer und ist nicht „mcp“ oder „offline_access“.
setting-is-switch = { $setting } ist true oder false.
setting-is-port = { $setting } ist eine Zahl von 1 bis 65535.
setting-is-number = { $setting } ist eine Zahl ab 0.
setting-is-text = { $setting } ist ein Text.
setting-is-choice = { $setting } ist eines von diesen: { $choices }.
setting-is-list = { $setting } ist eine Liste von Texten.
setting-no-origin = { $text } ist kein Origin: das ist http oder https, ein Host und gegebenenfalls ein Port.
setting-unchangeable = config.toml kann nicht geändert werden.
setting-impossible = Damit stünde in config.toml etwas, was nicht möglich ist: { $why }.
setting-no-scheme = { $text } ist kein Schema für Links, die ein Programm dieses Computers öffnet.
no-such-setting = Es gibt keine Einstellung namens { $setting }.
add-no-folder = Es gibt keinen Ordner { $folder }.
add-path-no-text = Der Pfad des Programms ist kein Text.
add-unbalanced = Ein Anführungszeichen im Befehl wird nicht geschlossen.
add-command-missing = Bitte den Befehl eingeben, der den Server startet.
add-variable-name = Der Name einer Variablen ist nicht leer und enthält kein =.
add-variable-twice = Die Variable { $name } steht zweimal da. Bitte nur eine davon stehen lassen.
add-value-missing = Der Wert von { $name } fehlt.
add-header = { $name } kann nicht als Header an einen Server gesendet werden.
add-header-value = Der Wert von { $name } enthält Zeichen, die in einem Header nicht vorkommen können.
add-no-address = Das ist keine Web-Adresse. Sie sollte aussehen wie http://127.0.0.1:3001/mcp.
add-needs-https = Ein Server an einem anderen Ort braucht https; einfaches http gibt es nur für Server auf diesem Computer.
add-no-http = Die Adresse eines Servers beginnt mit http:// oder https://.
add-with-password = Lassen Sie Benutzernamen und Passwort in der Adresse weg.
add-with-fragment = Lassen Sie den Teil nach # in der Adresse weg.
add-own-address = Das ist die Adresse von Doorward selbst. Geben Sie die Adresse des Servers dahinter an.
add-taken = Es gibt schon einen Server namens { $server }.
add-no-program = Es gibt kein Programm { $program }. Gesucht wurde in: { $searched }
add-denied = Nichts wurde hinzugefügt: Der Befehl wurde nicht erlaubt.
add-unanswered = Nichts wurde hinzugefügt. { $why }

## Server übernehmen: warum ein Eintrag bleibt, wie er ist, warum eine Datei unberührt bleibt, und wo ein Server gefunden wurde

left-ours = Er läuft schon über Doorward.
left-off = Er ist in { $client } ausgeschaltet.
left-no-object = Sein Eintrag ist nicht so, wie { $client } ihn braucht (kein Objekt).
left-shape = Sein Eintrag ist nicht so, wie { $client } ihn braucht ({ $what }).
left-twice = Sein Eintrag enthält „{ $name }“ zweimal, und es ist nicht zu erkennen, was davon gilt.
left-sse = Er nutzt den alten SSE-Transport, den Doorward nicht spricht.
left-transport = Er wird über „{ $name }“ erreicht, was Doorward nicht spricht.
left-nothing = Sein Eintrag enthält weder einen Befehl noch eine Adresse.
left-both = Sein Eintrag enthält einen Befehl und eine Adresse.
left-programs-only = { $client } startet nur Programme und übergeht diesen Eintrag.
left-extension = Eine Erweiterung von { $client } startet ihn.
left-filled = Nur das Programm, in dem er eingerichtet ist, weiß, wofür ${"{"}{ $name }{"}"} steht.
left-secret-otherwise = Hinter der Variablen { $name } steht ein Geheimnis, das gilt, wenn sie nicht gesetzt ist.
left-signs-in = { $client } meldet sich bei ihm an, was Doorward noch nicht kann.
left-headers-helper = Ein Programm erzeugt seine Header.
left-env-file = Seine Umgebung wird aus einer Datei gelesen (envFile).
left-sandbox = { $client } startet ihn in einer Sandbox, die Doorward nicht hat.
left-elsewhere = { $client } startet ihn auf einem anderen Computer.
left-relative =
    { $what ->
        [folder] Sein Ordner ist ein Pfad von einem Ordner aus, der nicht bekannt ist.
       *[command] Sein Befehl ist ein Pfad von einem Ordner aus, der nicht bekannt ist.
    }
left-address-variable = Seine Adresse kommt aus einer Variablen, sodass nicht bekannt ist, wohin sie führt.
left-address-none = Seine Adresse ist keine Web-Adresse.
left-address-plain = Er wird über einfaches http auf einem anderen Computer erreicht, wo Doorward https verlangt.
left-address-scheme = Seine Adresse beginnt weder mit http:// noch mit https://.
left-address-password = Seine Adresse enthält einen Benutzernamen oder ein Passwort.
left-address-fragment = Seine Adresse hat einen Teil nach #.
left-secret-in-command = In seiner Befehlszeile steht ein Geheimnis, wo jedes Ihrer Programme es sehen kann. Geben Sie es zuerst in einer Variablen an.
left-secret-in-address = In seiner Adresse steht ein Geheimnis. Geben Sie es zuerst in einem Header an.
left-unchangeable = Sein Eintrag ist so geschrieben, dass Doorward ihn nicht ändern kann.
left-no-bridge = { $client } kann nur Programme starten, und es gibt keines, das zu Doorward führt.
import-no-secret = Sein Geheimnis { $name } konnte nicht gelesen werden.
import-no-variable = Er nimmt { $name } aus der Umgebung, wo die Variable nicht gesetzt ist.
import-changed = Seit Sie nachgesehen haben, hat sich etwas geändert. Bitte die Änderungen noch einmal ansehen.
import-no-home = Dieses System sagt nicht, wo Ihre Dateien sind.
file-dangling-link = { $path } ist ein Link auf eine Datei, die es nicht gibt.
file-not-ordinary = { $path } ist keine gewöhnliche Datei.
file-unreadable = { $path } kann nicht gelesen werden: { $cause }.
file-too-large = { $path } ist größer als 8 MiB, was keine Konfiguration ist.
file-not-text = { $path } ist kein UTF-8-Text.
file-broken = { $path } ist nicht zu verstehen; siehe Zeile { $line }.
file-no-object = { $path } ist kein Objekt, wie es eine Konfiguration sein muss.
file-part-no-object = „{ $name }“ in { $path } ist kein Objekt, muss aber eines sein.
file-twice = { $path } enthält „{ $name }“ zweimal, und es ist nicht zu erkennen, was davon gilt.
file-same = { $path } ist ein Link auf die Konfiguration von { $client } und wird, wenn überhaupt, dort geändert.
file-too-many =
    { $what ->
        [projects] { $path } enthält mehr Projekte, als Doorward ansieht.
       *[servers] { $path } enthält mehr Server, als Doorward ansieht.
    }
write-changed = { $path } wurde inzwischen geändert.
write-protected = { $path } ist schreibgeschützt.
write-several-names = { $path } hat mehrere Namen (Hardlinks), die beim Schreiben getrennt würden.
write-failed = { $path } kann nicht geschrieben werden: { $cause }.
backup-folder = Die Sicherungen in { $path } sind nicht benutzbar: { $cause }.
backup-busy = Gerade läuft schon ein Import oder ein Rückgängigmachen.
backup-damaged = Der Vermerk { $path } ist beschädigt oder von einer neueren Version von Doorward.
backup-sealed = Die Sicherung { $path } lässt sich nicht öffnen: Sie ist beschädigt oder wurde mit einem Schlüssel verschlossen, den es nicht mehr gibt.
backup-no-chance = Dieses System liefert keine Zufallszahlen, die zum Verschließen einer Sicherung nötig sind.
undo-no-import = Für { $client } gibt es nichts rückgängig zu machen.
undo-changed = { $path } wurde geändert, seit Doorward die Datei geschrieben hat. Das ginge verloren, wenn die ganze Datei zurückgesetzt würde. Die Einträge, die Doorward geändert hat, lassen sich einzeln zurücksetzen.
undo-gone = { $path } gibt es nicht mehr.
undo-no-entry = Keiner der Einträge in { $path }, die Doorward geändert hat, ist noch so, wie Doorward ihn hinterlassen hat.
place-everywhere = überall
place-project = in { $folder }
place-shared = für alle in { $folder }

## Why the tools of a server are not known: `list-strange` is filled with those below it

list-silent = Er antwortet nicht.
list-login = Er verlangt eine eigene Anmeldung, die Doorward ihm noch nicht geben kann.
list-strange = Er antwortet nicht so, wie es ein MCP-Server tut: { $what }.
list-too-many = er nennt mehr als { $n } Tools
list-none = seine Liste ist keine
list-endless = seine Liste nimmt kein Ende
list-no-result = kein Ergebnis
list-no-list = keine Liste
list-no-version = er nennt keine Version
list-redirects = er leitet um
list-no-json = kein JSON
list-broke-off = seine Antwort brach ab
list-endless-answer = seine Antwort nimmt kein Ende
list-no-answer = er hat nicht geantwortet

## How a process ended, set into the sentences below

ending-exit = sein Prozess endete { $how }
ending-long-line = er schrieb eine Zeile mit mehr als { $bytes } Bytes, mehr als irgendeine Nachricht haben darf
ending-garbage = er schrieb { $lines } Zeilen hintereinander in seine Standardausgabe, die keine Nachrichten sind
ending-closed = er schloss seine Standardausgabe
exit-unknown = ohne dass Näheres bekannt ist
exit-signal = durch Signal { $signal }
exit-no-code = ohne Exit-Code
exit-code = mit Exit-Code { $code }

## What is wrong with a server that Doorward starts

trouble-not-started = { $server } konnte nicht gestartet werden: { $why }
trouble-ended-at-start = { $server } ist beim Start gescheitert: { $ending }. Was er geschrieben hat, steht in seinem Protokoll in Doorward.
trouble-silent-at-start = { $server } wurde gestartet und hat innerhalb von { $seconds } s nicht geantwortet. Was er geschrieben hat, steht in seinem Protokoll in Doorward.
trouble-refused-at-start = { $server } wurde gestartet und weigerte sich anzufangen: { $said }
trouble-ended = { $server } ist beendet: { $ending }. Ob diese Anfrage ausgeführt wurde, ist nicht bekannt.
trouble-stopped = { $server } wurde in Doorward angehalten. Ob diese Anfrage ausgeführt wurde, ist nicht bekannt.
trouble-waiting = { $server } läuft nicht, und Doorward versucht in { $seconds } s, ihn wieder zu starten. Beim letzten Mal: { $last }
trouble-too-many = { $server } bearbeitet schon { $most } Anfragen. Versuchen Sie es noch einmal, wenn eine davon fertig ist.
trouble-deaf = { $server } liest nicht, was ihm gesendet wird. Doorward hat { $seconds } s gewartet.
trouble-full = Die ungelesenen Antworten von { $server } füllen allen Platz, den Doorward dafür hat. Versuchen Sie es noch einmal, wenn einige gelesen sind.
trouble-too-long = Die Anfrage ist länger, als Doorward sie an { $server } übergeben kann.
trouble-no-randomness = Das Betriebssystem liefert keine Zufallsbits, ohne die sich keine Sitzung eröffnen lässt.
server-ended = { $server } ist beendet: { $ending }.
program-not-full = { $program } ist nicht der vollständige Pfad eines Programms.
program-no-folder = Den Ordner { $folder } gibt es nicht.
program-gone = { $program } gibt es nicht mehr.
program-forbidden = { $program } darf von Ihnen nicht ausgeführt werden.
program-cannot = { $program } kann nicht ausgeführt werden: { $why }.
program-no-streams = { $program } wurde ohne seine Streams gestartet.
command-removed = Er wurde aus Doorward entfernt.
command-no-value = Der Wert von { $name } ist nicht mehr im Schlüsselbund. Fügen Sie den Server neu hinzu.

## What the page Health looks at

about-service = Dienst
about-configuration = Konfiguration
about-folders = Ordner
about-port = Port
about-data = Daten
about-keyring = Schlüsselbund
about-screen = Bildschirm
about-path = Suchpfad
about-servers = Server
about-server = Server { $server }
about-tray = Infobereich
about-autostart = Autostart
about-web-view = Webansicht

## What it finds

health-service =
    Doorward { $version } lauscht auf { $address }.{ $muted ->
        [0] {""}
        [one] {" "}{ $muted } Programm ist stummgeschaltet.
       *[other] {" "}{ $muted } Programme sind stummgeschaltet.
    }
health-paused = Doorward { $version } lauscht auf { $address } und ist angehalten: nichts kommt durch, bis Sie es fortsetzen.
health-configuration = { $path } kann gelesen werden.
health-folders = Doorward kann nach { $path } schreiben.
health-port = Port { $port } ist frei.
health-no-data = Es gibt noch keine Daten: sie werden beim ersten Start angelegt.
health-sound = { $path } ist in Ordnung.
health-written = Die Daten können geschrieben werden.
health-unwritten = { $why } Was erlaubt war, gilt weiter; was Sie jetzt erlauben, zählt nicht, bis die Daten wieder geschrieben werden können.
health-key = Der Schlüsselbund ({ $place }) enthält den Schlüssel zu den Daten.
health-no-key = Der Schlüsselbund ({ $place }) antwortet. Er enthält noch keinen Schlüssel: beim ersten Start wird einer angelegt.
health-keyring-running = { $why } Gefragt wurde: { $place }. Apps bleiben verbunden und laufende Server laufen weiter; ein Server, der ein Geheimnis aus dem Schlüsselbund braucht, startet nicht.
health-keyring-rest = { $why } Gefragt wurde: { $place }. Bis er antwortet, startet Doorward nicht, und keine App kann etwas nutzen.
health-screen = Für das Fenster ist ein Bildschirm da.
health-no-screen = Hier ist kein Bildschirm (DISPLAY und WAYLAND_DISPLAY sind nicht gesetzt): doorward serve --no-gui fragt im Terminal.
health-starters = npx und uvx sind vorhanden. Gesucht in: { $path }
health-one-starter = { $program } ist nicht zu finden; viele Server werden damit gestartet. Andere Server funktionieren. Gesucht in: { $path }
health-no-starters = npx und uvx sind nicht zu finden; viele Server werden damit gestartet. Andere Server funktionieren. Gesucht in: { $path }
health-no-servers = Noch wird kein Server bewacht. Siehe: doorward add --help
health-server-paused = Er ist angehalten: kein Aufruf erreicht ihn, bis Sie ihn fortsetzen.
health-server-failed = { $why } Die anderen Server funktionieren.
health-validates = Er prüft seine Tokens selbst.
health-answers = { $url } antwortet.
health-silent = Unter { $url } antwortet nichts. Läuft der Server? Die anderen Server funktionieren.
health-tray = Das Symbol ist im Infobereich.
health-tray-nowhere = Nichts in dieser Arbeitsumgebung zeigt Symbole in einem Infobereich. Anfragen öffnen trotzdem ihr Fenster. Um dieses zu öffnen, starten Sie Doorward noch einmal. Unter GNOME fügt die Erweiterung „AppIndicator and KStatusNotifierItem Support“ einen Infobereich hinzu (sudo apt install gnome-shell-extension-appindicator).
health-no-tray = Im Infobereich ist kein Symbol: libayatana-appindicator3 ist nicht installiert (sudo apt install libayatana-appindicator3-1). Anfragen öffnen trotzdem ihr Fenster. Um dieses zu öffnen, starten Sie Doorward noch einmal.
health-autostart = Doorward startet bei der Anmeldung.
health-no-autostart = Doorward startet nicht bei der Anmeldung.
health-autostart-unknown = Dieses System sagt nicht, ob Doorward bei der Anmeldung startet.
health-web-view = Fenster werden von Version { $version } der Webansicht des Systems gezeichnet.
health-no-web-view = Das System hat keine Webansicht, um Fenster zu zeichnen: { $why }

## Parts of what a server says about a tool, as they are called in MCP

tool-title = Titel (title)
tool-description = Beschreibung (description)
tool-input = Eingabeschema (inputSchema)
tool-output = Ausgabeschema (outputSchema)
tool-annotations = Anmerkungen (annotations)

## Why Doorward does not start

start-already = Doorward läuft schon: { $holder }.
start-scripted = Die Freigabe durch ein Skript gibt es nie mit den Daten des Desktops: { $why }
holder-desktop = die Desktop-App, PID { $pid }
holder-command = { $command }, PID { $pid }
holder-other = ein anderer Prozess
scripted-profile = nennen Sie ein anderes Profil (--profile ci).
scripted-port = nennen Sie einen anderen Port als 8765 (--port 9000).
scripted-persons = dieses Profil gehört zum Doorward eines Menschen.
scripted-scripts = dieses Profil gehört zur Freigabe durch ein Skript; nennen Sie ein anderes.
start-cannot = Doorward kann nicht starten: { $why }.
