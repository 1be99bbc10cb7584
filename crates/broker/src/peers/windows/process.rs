//! What Windows says about one process. It is opened once, so that all answers are about the same one.

use std::{ffi::OsString, os::windows::ffi::OsStringExt, path::PathBuf};

use ::windows::{
    Wdk::System::Threading::{NtQueryInformationProcess, PROCESSINFOCLASS, ProcessBasicInformation, ProcessCommandLineInformation},
    Win32::{
        Foundation::{FILETIME, HANDLE, HLOCAL, LocalFree, STILL_ACTIVE},
        Security::{Authorization::ConvertSidToStringSidW, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser},
        System::{
            Diagnostics::Debug::ReadProcessMemory,
            Threading::{
                GetExitCodeProcess, GetProcessTimes, OpenProcess, OpenProcessToken, PROCESS_ACCESS_RIGHTS, PROCESS_BASIC_INFORMATION,
                PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_VM_READ, QueryFullProcessImageNameW,
            },
        },
    },
    core::{Owned, PWSTR},
};
use doorward_oauth::program::Parent;
use doorward_words::Said;

use super::words::words;
use crate::peers::{
    Account, User,
    family::{is_graphical, is_session_level},
};

/// The longest path, in UTF-16 units, and the longest command line.
const LONGEST: usize = 32 * 1024;
/// `ProcessConsoleHostProcess`, which the bindings do not name: which process shows the console.
const CONSOLE_HOST: PROCESSINFOCLASS = PROCESSINFOCLASS(49);
/// The identifier of the account that the system itself runs as.
const SYSTEM: &str = "S-1-5-18";
/// The process that is Windows' kernel, which nobody may open.
const KERNEL: u32 = 4;

/// A process that may be asked.
pub(super) struct Process {
    pid: u32,
    handle: Owned<HANDLE>,
}

impl Process {
    /// The process with that id, unless there is none or it is kept from us.
    pub(super) fn open(pid: u32) -> Option<Self> {
        Self::open_for(pid, PROCESS_QUERY_LIMITED_INFORMATION)
    }

    fn open_for(pid: u32, rights: PROCESS_ACCESS_RIGHTS) -> Option<Self> {
        #[expect(unsafe_code, reason = "there is no safe way to open a process")]
        // SAFETY: the call takes no pointers, and the handle that it gives is owned by nobody else.
        let handle = unsafe { Owned::new(OpenProcess(rights, false, pid).ok()?) };
        Some(Self { pid, handle })
    }

    /// Whether it still runs: a process stays to be asked after its end while somebody has it open.
    pub(super) fn runs(&self) -> bool {
        let mut code = 0;
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the handle is open, and `code` outlives the call.
        let asked = unsafe { GetExitCodeProcess(*self.handle, &mut code) };
        asked.is_ok() && code == STILL_ACTIVE.0.cast_unsigned()
    }

    /// When it started, in units of 100 nanoseconds since 1601.
    fn started_exactly(&self) -> Option<u64> {
        let [mut started, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the handle is open, and the four times outlive the call.
        unsafe { GetProcessTimes(*self.handle, &mut started, &mut ended, &mut kernel, &mut user) }.ok()?;
        Some(u64::from(started.dwHighDateTime) << 32 | u64::from(started.dwLowDateTime))
    }

    /// When it started, in Unix seconds.
    pub(super) fn started(&self) -> Option<u64> {
        const SECOND: u64 = 10_000_000;
        const FROM_1601_TO_1970: u64 = 11_644_473_600;
        (self.started_exactly()? / SECOND).checked_sub(FROM_1601_TO_1970)
    }

    /// The path of its executable.
    pub(super) fn executable(&self) -> Option<String> {
        let mut path = vec![0_u16; LONGEST];
        let mut length = u32::try_from(path.len()).ok()?;
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the handle is open, and Windows writes at most `length` units into the buffer, which has so many.
        unsafe { QueryFullProcessImageNameW(*self.handle, PROCESS_NAME_WIN32, PWSTR(path.as_mut_ptr()), &mut length) }.ok()?;
        Some(String::from_utf16_lossy(path.get(..length as usize)?))
    }

    /// Whose it is, as Windows names users (`S-1-5-21-…`).
    fn owner(&self) -> Option<String> {
        let mut token = HANDLE::default();
        // Aligned for the structure that Windows puts at its start.
        let mut user = [0_u64; 32];
        let mut length = 0;
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the handle is open; the token is owned here once it is there; Windows writes at most as many bytes as the buffer has.
        let _token = unsafe {
            OpenProcessToken(*self.handle, TOKEN_QUERY, &mut token).ok()?;
            let owned = Owned::new(token);
            let size = u32::try_from(size_of_val(&user)).ok()?;
            GetTokenInformation(token, TokenUser, Some(user.as_mut_ptr().cast()), size, &mut length).ok()?;
            owned
        };
        let mut text = PWSTR::null();
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: Windows filled the buffer with this structure, whose identifier points into the same buffer; the text that it makes ends
        // with a zero, is ours, and is given back once.
        unsafe {
            let user = &*user.as_ptr().cast::<TOKEN_USER>();
            ConvertSidToStringSidW(user.User.Sid, &mut text).ok()?;
            let owner = text.to_string().ok();
            LocalFree(Some(HLOCAL(text.as_ptr().cast())));
            owner
        }
    }

    /// What Windows knows under a number. `T` must be the structure for that number.
    fn query<T: Default>(&self, what: PROCESSINFOCLASS) -> Option<T> {
        let mut answer = T::default();
        let size = u32::try_from(size_of::<T>()).ok()?;
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the handle is open, and Windows writes at most `size` bytes. The structures asked for are plain numbers.
        let outcome = unsafe { NtQueryInformationProcess(*self.handle, what, (&raw mut answer).cast(), size, &mut 0) };
        outcome.is_ok().then_some(answer)
    }

    /// The words of its command line. Wine does not know the question; there, what the process itself keeps is read.
    pub(super) fn arguments(&self) -> Vec<String> {
        /// Where it stands among the parameters of a process.
        const COMMAND_LINE: usize = 0x70;
        let line = self.command_line().or_else(|| self.parameter(COMMAND_LINE));
        line.map(|line| words(&String::from_utf16_lossy(&line))).unwrap_or_default()
    }

    /// The command line as the kernel gives it.
    fn command_line(&self) -> Option<Vec<u16>> {
        // A `UNICODE_STRING` (length in bytes, room, address), and then the text itself.
        let mut buffer = vec![0_u64; LONGEST / 4 + 2];
        let size = u32::try_from(size_of_val(buffer.as_slice())).ok()?;
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the handle is open, and Windows writes at most `size` bytes, which is how large the buffer is.
        let outcome =
            unsafe { NtQueryInformationProcess(*self.handle, ProcessCommandLineInformation, buffer.as_mut_ptr().cast(), size, &mut 0) };
        if outcome.is_err() {
            return None;
        }
        let units: Vec<u16> = buffer.iter().flat_map(|word| words_of(*word)).collect();
        let (header, length) = (size_of::<UnicodeString>() / 2, usize::from(*units.first()?) / 2);
        units.get(header..header + length).map(<[u16]>::to_vec)
    }

    /// Where it runs.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        /// Where it stands among the parameters of a process.
        const FOLDER: usize = 0x38;
        self.parameter(FOLDER).map(|units| PathBuf::from(OsString::from_wide(&units)))
    }

    /// A text among the parameters that a process was started with. They are in its own memory, and it can change them.
    fn parameter(&self, at: usize) -> Option<Vec<u16>> {
        /// Where the parameters stand in the block that 64-bit Windows keeps for each process, also for one of 32 bits.
        const PARAMETERS: usize = 0x20;
        if cfg!(not(target_pointer_width = "64")) {
            return None;
        }
        let reader = Self::open_for(self.pid, PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_VM_READ)?;
        // The id may be another's by now.
        if reader.started_exactly()? != self.started_exactly()? {
            return None;
        }
        let block = reader.query::<PROCESS_BASIC_INFORMATION>(ProcessBasicInformation)?.PebBaseAddress as usize;
        let mut parameters = [0_usize];
        reader.read(block + PARAMETERS, &mut parameters)?;
        let mut text = [UnicodeString::default()];
        reader.read(parameters[0] + at, &mut text)?;
        let mut units = vec![0_u16; usize::from(text[0].length) / 2];
        reader.read(text[0].address, &mut units)?;
        Some(units)
    }

    /// Fills `into` with what stands at an address of the process.
    fn read<T: Plain>(&self, from: usize, into: &mut [T]) -> Option<()> {
        #[expect(unsafe_code, reason = "there is no safe way to read it")]
        // SAFETY: Windows writes as many bytes as `into` has, and checks the other address itself; any bytes are a valid `T`.
        unsafe { ReadProcessMemory(*self.handle, from as *const _, into.as_mut_ptr().cast(), size_of_val(into), None) }.ok()
    }

    /// Whether it has a console that is shown by some process. Whether a person looks at it, Windows does not say.
    pub(super) fn has_console(&self) -> bool {
        // The lowest bits are flags.
        self.query::<usize>(CONSOLE_HOST).is_some_and(|host| host & !3 != 0)
    }

    fn parent(&self) -> Option<Self> {
        let above = self.query::<PROCESS_BASIC_INFORMATION>(ProcessBasicInformation)?.InheritedFromUniqueProcessId;
        let parent = Self::open(u32::try_from(above).ok().filter(|pid| *pid != 0)?)?;
        // Nobody tells a process that what started it has ended: its id may be another's by now, which is then younger.
        (parent.started_exactly()? <= self.started_exactly()?).then_some(parent)
    }

    /// The processes above, nearest first, as far as they still run and may be asked.
    pub(super) fn parents(&self) -> Vec<Parent> {
        let mut above = Vec::new();
        let mut next = self.parent();
        while let Some(process) = next.filter(|_| above.len() < 12) {
            let (Some(executable), Some(started)) = (process.executable(), process.started()) else { break };
            let name = executable.rsplit('\\').next().unwrap_or_default().to_owned();
            let of_the_system = is_session_level(&name) && matches!(process.user(), User::Other(Account::System));
            if of_the_system {
                break;
            }
            let graphical = is_graphical(&name, &executable);
            above.push(Parent { pid: process.pid, name, started, graphical });
            next = process.parent();
        }
        above
    }

    fn user(&self) -> User {
        match (self.owner(), Self::open(std::process::id()).and_then(|own| own.owner())) {
            (Some(owner), Some(own)) if owner == own => User::Same,
            (Some(owner), _) if owner == SYSTEM => User::Other(Account::System),
            (Some(owner), Some(_)) => User::Other(Account::Named(Said::verbatim(owner))),
            (None, _) => User::Other(Account::Hidden),
            (Some(_), None) => User::CannotTell,
        }
    }
}

/// Whose process that is. One that cannot be opened is another user's.
pub(super) fn user_of(pid: u32) -> User {
    match Process::open(pid) {
        Some(process) => process.user(),
        None if pid == KERNEL => User::Other(Account::System),
        None => User::Other(Account::Hidden),
    }
}

/// `UNICODE_STRING` of the process at the other end, which is not ours to follow.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct UnicodeString {
    /// In bytes.
    length: u16,
    room: u16,
    address: usize,
}

/// What may be filled with any bytes.
trait Plain: Copy {}
impl Plain for u16 {}
impl Plain for usize {}
impl Plain for UnicodeString {}

fn words_of(word: u64) -> [u16; 4] {
    let bytes = word.to_ne_bytes();
    [0, 2, 4, 6].map(|at| u16::from_ne_bytes([bytes[at], bytes[at + 1]]))
}
