//! The run: in which order what is measured.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{
    Child, Role,
    courses::{self, Authorize, Course, FloodOf, Holder, Redeem, Refresh, Register, Repeat, Site, To},
    floors, idle,
    load::Load,
    lookups,
    pace::Pace,
    population,
    results::{EventSize, Flood, Grown, MANY, ONE, Results, Round, Step, Tally, Way, What},
    wire,
};

/// Signing in is measured in so many turns a round: each step needs what the one before it brought home, and a store with
/// thousands of registrations that nobody approved is one that Doorward never lets come about.
const TURNS: u32 = 8;
/// How often everything is done among so many clients: what one second does to a disk is not what many clients do to it.
const TIMES_AMONG: u32 = 3;
/// How many programs each connection registers in one turn at the most.
const PROGRAMS_OF_ONE: u32 = 40;
const PROGRAMS_OF_MANY: u32 = 12;
/// How many clients are there in a flood that were there before it: no more than one program may register in a minute.
const HONEST: u32 = 8;
/// On how many connections a flood comes.
const FLOODING: u32 = 32;
/// Of what was brought home, so much is for the next step on one connection; the rest is for the one on many.
const SHARE_OF_ONE: usize = 8;

/// Where builds go. The databases lie here too: a temporary folder may be in memory, where a disk costs nothing.
pub(crate) fn target() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(beside, PathBuf::from)
}

/// Measures everything.
pub(crate) fn run(pace: &Pace) -> Result<Results> {
    std::fs::create_dir_all(target())?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(target())?;
    let mut results = Results { stream_bytes: pace.stream, ..Results::default() };
    let load = Load::new()?;
    let server = Child::start(Role::Mcp, folder.path(), "")?;
    let upstream = format!("http://{}/", server.address);
    let doorward = starts(pace, &load, folder.path(), &upstream, &mut results)?;
    // A client listens where its answer will come.
    let callback = TcpListener::bind("127.0.0.1:0")?;
    let mut run = Run {
        load,
        time: pace.each,
        bare: Child::start(Role::Bare, folder.path(), "")?,
        skeleton: Child::start(Role::Skeleton, folder.path(), "")?,
        proxy: Child::start(Role::Proxy, folder.path(), &upstream)?,
        sdk: Child::sdk()?,
        server,
        host: doorward.address,
        credential: doorward.credential.clone(),
        callback: callback.local_addr()?.port(),
        programs: 0,
        alone: folder.path().join("alone.db"),
        clients: Vec::new(),
        tallies: BTreeMap::new(),
    };
    for number in 1..=pace.rounds {
        eprintln!("round {number} of {}", pace.rounds);
        run.floors()?;
        run.metadata()?;
        run.sign_in_elsewhere()?;
        let access = run.sign_in()?;
        run.streams(&access, pace.stream)?;
        results.rounds.push(Round::of(std::mem::take(&mut run.tallies)));
    }
    results.lookups = Some(lookups::measure(&run.bare)?);
    results.later_memory = doorward.memory();
    drop(doorward);
    eprintln!("a flood of {} registrations", pace.flood);
    results.flood = Some(run.flood(pace.flood, folder.path(), &upstream)?);
    for number in 0..pace.idle {
        eprintln!("idle streams, {} of {}", number + 1, pace.idle);
        results.idle.extend(run.idle_streams(&folder.path().join(format!("idle-{number}")), &upstream)?);
    }
    for clients in pace.clients {
        eprintln!("{clients} registered clients");
        results.growth.push(run.among(*clients, folder.path(), &upstream)?);
    }
    Ok(results)
}

/// Starts Doorward a few times and leaves the last one running.
fn starts(pace: &Pace, load: &Load, folder: &Path, upstream: &str, results: &mut Results) -> Result<Child> {
    // The first start makes the data; what is measured are starts with data.
    let mut doorward = Child::start(Role::Doorward, folder, upstream)?;
    for _ in 0..pace.starts {
        drop(doorward);
        let begin = Instant::now();
        doorward = Child::start(Role::Doorward, folder, upstream)?;
        load.ask_once(doorward.address, &wire::get(doorward.address, METADATA), 200)?;
        results.starts.push(begin.elapsed().as_secs_f64());
    }
    // What starts late is there by then.
    std::thread::sleep(Duration::from_millis(500));
    results.idle_memory = doorward.memory();
    Ok(doorward)
}

const METADATA: &str = "/.well-known/oauth-authorization-server";

struct Run {
    load: Load,
    /// For each measurement.
    time: Duration,
    bare: Child,
    skeleton: Child,
    /// What is guarded.
    server: Child,
    proxy: Child,
    /// Another authorization server.
    sdk: Child,
    /// Doorward.
    host: SocketAddr,
    /// What a guarded server shows it.
    credential: String,
    /// The port of the clients' redirects.
    callback: u16,
    /// How many programs there were so far.
    programs: u32,
    /// The database of [`What::InsertAlone`].
    alone: PathBuf,
    /// Clients that registered and did not ask for anything yet.
    clients: Vec<String>,
    /// What this round measured so far.
    tallies: BTreeMap<(What, usize), Tally>,
}

impl Run {
    /// Measures `what` on as many connections as there are courses, for as long.
    fn measure<C: Course>(&mut self, what: What, to: SocketAddr, courses: Vec<C>, time: Duration) -> Result<Vec<C>> {
        let connections = courses.len();
        let (tally, courses) = self.load.run(to, courses, time).with_context(|| format!("{} on {connections} connections", what.name()))?;
        self.tallies.entry((what, connections)).or_default().add(tally);
        Ok(courses)
    }

    /// Measures one request on one connection and on many.
    fn repeat(&mut self, what: What, to: SocketAddr, status: u16, request: impl Fn(usize) -> Vec<u8>) -> Result<()> {
        self.repeat_for(what, to, status, "", request)
    }

    /// The same for an answer that is only the one that is meant if `holds` is in it.
    fn repeat_for(
        &mut self,
        what: What,
        to: SocketAddr,
        status: u16,
        holds: &'static str,
        request: impl Fn(usize) -> Vec<u8>,
    ) -> Result<()> {
        for connections in [ONE, MANY] {
            let courses = (0..connections).map(|n| Repeat { request: request(n), status, holds }).collect();
            self.measure(what, to, courses, self.time)?;
        }
        Ok(())
    }

    fn floors(&mut self) -> Result<()> {
        let (bare, skeleton) = (self.bare.address, self.skeleton.address);
        self.repeat(What::Bare, bare, 200, |_| wire::get(bare, "/"))?;
        let alone = floors::insert_alone(&self.alone, self.time)?;
        self.tallies.insert((What::InsertAlone, ONE), alone);
        self.repeat(What::SkeletonInsert, skeleton, 201, |_| wire::post(skeleton, "/insert", &[], ""))?;
        self.repeat(What::SkeletonExchange, skeleton, 201, |_| wire::post(skeleton, "/exchange", &[], ""))
    }

    fn metadata(&mut self) -> Result<()> {
        let host = self.host;
        self.repeat(What::ServerMetadata, host, 200, |_| wire::get(host, METADATA))?;
        self.repeat(What::ResourceMetadata, host, 200, |_| wire::get(host, "/.well-known/oauth-protected-resource/mcp/echo"))
    }

    /// The way of a client, each step with what the one before it gave. Gives its access tokens.
    fn sign_in(&mut self) -> Result<Vec<String>> {
        let (host, callback, time) = (self.host, self.callback, self.time / TURNS);
        let mut tokens: Vec<Holder> = Vec::new();
        for _ in 0..TURNS {
            // Doorward forgets the eldest of those that ask for nothing.
            self.clients.clear();
            self.register(time)?;
            let mut codes: Vec<Holder> = Vec::new();
            for clients in shared_out(std::mem::take(&mut self.clients)) {
                let courses = clients.into_iter().map(|clients| Authorize::new(host, callback, clients)).collect::<Result<_>>()?;
                for course in self.measure(What::Authorize, host, courses, time)? {
                    codes.extend(course.codes);
                    self.clients.extend(course.clients);
                }
            }
            for codes in shared_out(codes) {
                let courses = codes.into_iter().map(|codes| Redeem::new(host, callback, codes)).collect::<Result<_>>()?;
                tokens.extend(self.measure(What::Token, host, courses, time)?.into_iter().flat_map(|course| course.refresh));
            }
        }
        let mut access: Vec<String> = Vec::new();
        for tokens in shared_out(tokens) {
            let courses = tokens.into_iter().map(|tokens| Refresh::new(host, tokens)).collect::<Result<_>>()?;
            access.extend(self.measure(What::Refresh, host, courses, self.time)?.into_iter().map(|course| course.access));
        }
        self.calls(&access)?;
        Ok(access)
    }

    /// The same way at the SDK's server, which asks nobody and keeps everything in memory.
    fn sign_in_elsewhere(&mut self) -> Result<()> {
        let (host, callback, time) = (self.sdk.address, self.callback, self.time);
        let site = Site::of_the_sdk(host);
        for connections in [ONE, MANY] {
            let course = |n| Register::new(site, callback, n, connections as u32, u32::MAX);
            let courses = (0..connections as u32).map(course).collect::<Result<_>>()?;
            let registered = self.measure(What::Sdk(Step::Register), host, courses, time)?;
            let courses = registered.into_iter().map(|course| Authorize::new(site, callback, course.clients)).collect::<Result<_>>()?;
            let allowed = self.measure(What::Sdk(Step::Authorize), host, courses, time)?;
            let courses = allowed.into_iter().map(|course| Redeem::new(site, callback, course.codes)).collect::<Result<_>>()?;
            let redeemed = self.measure(What::Sdk(Step::Token), host, courses, time)?;
            let courses = redeemed.into_iter().map(|course| Refresh::new(site, course.refresh)).collect::<Result<_>>()?;
            self.measure(What::Sdk(Step::Refresh), host, courses, time)?;
        }
        Ok(())
    }

    fn register(&mut self, time: Duration) -> Result<()> {
        for what in [What::Register, What::RegisterAnew] {
            for (connections, programs) in [(ONE as u32, PROGRAMS_OF_ONE), (MANY as u32, PROGRAMS_OF_MANY)] {
                let anew = what == What::RegisterAnew;
                let course = |n| Ok(Register::new(self.host, self.callback, self.programs + n, connections, programs)?.anew(anew));
                let courses = (0..connections).map(course).collect::<Result<_>>()?;
                for course in self.measure(what, self.host, courses, time)? {
                    self.programs = self.programs.max(course.next());
                    self.clients.extend(course.clients);
                }
            }
        }
        Ok(())
    }

    /// Measures signing in and what follows at a Doorward with so many registered clients.
    fn among(&mut self, clients: u32, below: &Path, upstream: &str) -> Result<Grown> {
        let folder = below.join(format!("{clients}-clients"));
        // The first start makes the data, and one client of each kind to fill it with.
        let doorward = Child::start(Role::Doorward, &folder, upstream)?;
        self.moved_to(&doorward);
        self.sign_in()?;
        drop(doorward);
        let database = population::fill(&folder, clients)?;
        let doorward = Child::start(Role::Doorward, &folder, upstream)?;
        self.moved_to(&doorward);
        for _ in 0..TIMES_AMONG {
            self.sign_in()?;
        }
        let round = Round::of(std::mem::take(&mut self.tallies));
        Ok(Grown { clients, round, memory: doorward.memory(), disk: std::fs::metadata(database)?.len() })
    }

    /// Measures what a client that is allowed something notices of a program that registers without end.
    fn flood(&mut self, registrations: u32, below: &Path, upstream: &str) -> Result<Flood> {
        let doorward = Child::start(Role::Limited, &below.join("flood"), upstream)?;
        self.moved_to(&doorward);
        let (host, callback, load, long) = (self.host, self.callback, &self.load, Duration::from_secs(600));
        let tokens = newcomers(load, host, callback, HONEST)?;
        let (quiet, refreshing) = load.run(host, vec![Refresh::new(host, tokens)?], self.time * 2)?;
        let before = doorward.memory();
        let each = registrations / FLOODING;
        let floods = (0..FLOODING).map(|n| FloodOf::new(host, callback, 1_000 + n * each, each)).collect::<Result<_>>()?;
        let (flooded, refreshed) = std::thread::scope(|scope| {
            let flooding = scope.spawn(|| load.run(host, floods, long));
            let refreshed = load.run(host, refreshing, self.time * 2);
            (flooding.join(), refreshed)
        });
        let Ok(flooded) = flooded else { anyhow::bail!("the flood failed") };
        let (flooded, (meanwhile, refreshing)) = (flooded?.0, refreshed?);
        // Each of them once more: a client that was lost would be told so.
        load.run(host, refreshing, self.time)?;
        let memory = before.zip(doorward.memory());
        let seconds = flooded.all.as_secs_f64();
        Ok(Flood { registrations: flooded.times.len(), seconds, quiet: quiet.into(), meanwhile: meanwhile.into(), memory })
    }

    /// Measures the memory of a new Doorward with idle streams.
    fn idle_streams(&self, folder: &Path, upstream: &str) -> Result<idle::Held> {
        idle::measure(&self.load, folder, upstream, |doorward| {
            let tokens = newcomers(&self.load, doorward.address, self.callback, 1)?;
            let refreshed = self.load.run(doorward.address, vec![Refresh::new(doorward.address, tokens)?], Duration::ZERO)?.1;
            refreshed.into_iter().next().map(|course| course.access).context("nobody signed in")
        })
    }

    /// Measures streams of `bytes` bytes on one connection.
    fn streams(&mut self, access: &[String], bytes: u64) -> Result<()> {
        let token = access.first().context("nobody signed in")?;
        let (server, proxy, host) = (self.server.address, self.proxy.address, self.host);
        for size in EventSize::ALL {
            for way in Way::ALL {
                let to = match way {
                    Way::Direct => To::open(server),
                    Way::Proxied => To::open(proxy),
                    Way::Guarded => To::guarded(host, "/mcp/echo", token),
                };
                self.measure(What::Stream(way, size), to.host, vec![courses::stream(&to, size.bytes(), bytes)], self.time)?;
            }
        }
        Ok(())
    }

    fn moved_to(&mut self, doorward: &Child) {
        self.host = doorward.address;
        self.credential.clone_from(&doorward.credential);
        self.clients.clear();
        self.tallies.clear();
    }

    fn calls(&mut self, access: &[String]) -> Result<()> {
        let (host, server, proxy) = (self.host, self.server.address, self.proxy.address);
        let credential = self.credential.clone();
        self.repeat(What::Introspect, host, 200, |n| courses::introspect(host, &credential, &access[n % access.len()]))?;
        let with_token = |target: &'static str, n: usize| To::guarded(host, target, &access[n % access.len()]);
        // A good token at another server than its own: looked up and judged in full, and never passed on.
        self.repeat(What::Validation, host, 401, |n| courses::call(&with_token("/mcp/other", n)))?;
        // A call that is judged and written down, and never passed on either.
        self.repeat_for(What::Refused, host, 200, "Unknown tool", |n| courses::call_of_none(&with_token("/mcp/echo", n)))?;
        // The server gives back the message: an answer that holds it is its own, and no refusal.
        self.repeat_for(What::Direct, server, 200, PASSED, |_| courses::call(&To::open(server)))?;
        self.repeat_for(What::Proxied, proxy, 200, PASSED, |_| courses::call(&To::open(proxy)))?;
        self.repeat_for(What::Guarded, host, 200, PASSED, |n| courses::call(&with_token("/mcp/echo", n)))
    }
}

/// What is in the answer to a call that came to its server.
const PASSED: &str = r#""method":"tools/call""#;

/// Lets so many new programs register and sign in, on one connection. Gives their refresh tokens.
pub(crate) fn newcomers(load: &Load, host: SocketAddr, callback: u16, programs: u32) -> Result<Vec<Holder>> {
    let long = Duration::from_secs(600);
    let registered = load.run(host, vec![Register::new(host, callback, 0, 1, programs)?], long)?.1;
    let clients = registered.into_iter().flat_map(|course| course.clients).collect();
    let allowed = load.run(host, vec![Authorize::new(host, callback, clients)?], long)?.1;
    let codes = allowed.into_iter().flat_map(|course| course.codes).collect();
    let redeemed = load.run(host, vec![Redeem::new(host, callback, codes)?], long)?.1;
    Ok(redeemed.into_iter().flat_map(|course| course.refresh).collect())
}

/// Shares out what was brought home: some of it to one connection, the rest to many.
fn shared_out<T>(mut all: Vec<T>) -> [Vec<Vec<T>>; 2] {
    let rest = all.split_off(all.len() / SHARE_OF_ONE);
    let mut many: Vec<Vec<T>> = (0..MANY).map(|_| Vec::new()).collect();
    for (at, one) in rest.into_iter().enumerate() {
        many[at % MANY].push(one);
    }
    [vec![all], many]
}
