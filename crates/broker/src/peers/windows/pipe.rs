//! Who is at the other end of a named pipe.

use std::os::windows::io::AsRawHandle;

use ::windows::Win32::{Foundation::HANDLE, System::Pipes::GetNamedPipeClientProcessId};

use super::process::user_of;
use crate::peers::User;

/// The process that opened the other end of a pipe which we serve, and whose it is; `None` when Windows does not say.
pub(crate) fn client_of(pipe: &impl AsRawHandle) -> Option<(u32, User)> {
    let mut pid = 0;
    #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
    // SAFETY: the pipe is borrowed, so its handle is open, and `pid` outlives the call.
    unsafe { GetNamedPipeClientProcessId(HANDLE(pipe.as_raw_handle()), &mut pid) }.ok()?;
    Some((pid, user_of(pid)))
}
