//! The system calls, each as a function that is safe to call.

use std::{
    ffi::{CStr, c_int, c_void},
    mem::MaybeUninit,
};

/// `PROC_PIDT_SHORTBSDINFO`, which tells about processes of other users as well.
const SHORT_INFO: c_int = 13;
/// `PROC_PIDFDSOCKETINFO`.
const SOCKET_INFO: c_int = 3;
/// `PROC_UID_ONLY`.
const OF_USER: u32 = 4;

/// The value of a variable of the kernel that has a name; `None` when there is none.
pub(super) fn variable(name: &CStr) -> Option<Vec<u8>> {
    // It may grow between two calls.
    for _ in 0..4 {
        let mut size = 0;
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the name ends with a zero; without a buffer only the size is written.
        let asked = unsafe { libc::sysctlbyname(name.as_ptr(), std::ptr::null_mut(), &mut size, std::ptr::null_mut(), 0) };
        if asked != 0 {
            return None;
        }
        let mut bytes = vec![0_u8; size + size / 4 + 4096];
        let mut size = bytes.len();
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the name ends with a zero, and the kernel writes at most `size` bytes into the buffer, which has so many.
        let asked = unsafe { libc::sysctlbyname(name.as_ptr(), bytes.as_mut_ptr().cast(), &mut size, std::ptr::null_mut(), 0) };
        if asked == 0 {
            bytes.truncate(size);
            return Some(bytes);
        }
    }
    None
}

/// What `KERN_PROCARGS2` says about a process of this user.
pub(super) fn command_line(pid: u32) -> Option<Vec<u8>> {
    /// `ARG_MAX`: no command line is longer.
    const LONGEST: usize = 1024 * 1024;
    let mut name = [libc::CTL_KERN, libc::KERN_PROCARGS2, c_int::try_from(pid).ok()?];
    let mut bytes = vec![0_u8; LONGEST];
    let mut size = bytes.len();
    #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
    // SAFETY: the name has three parts, and the kernel writes at most `size` bytes into the buffer, which has so many.
    let asked = unsafe { libc::sysctl(name.as_mut_ptr(), 3, bytes.as_mut_ptr().cast(), &mut size, std::ptr::null_mut(), 0) };
    bytes.truncate(size);
    (asked == 0).then_some(bytes)
}

/// What the kernel says about a process of this user.
pub(super) fn info(pid: u32) -> Option<libc::proc_bsdinfo> {
    about(pid, libc::PROC_PIDTBSDINFO)
}

/// Where a process of this user runs.
pub(super) fn folder(pid: u32) -> Option<Vec<u8>> {
    let paths: libc::proc_vnodepathinfo = about(pid, libc::PROC_PIDVNODEPATHINFO)?;
    let path = paths.pvi_cdir.vip_path.as_flattened().iter().map(|byte| byte.cast_unsigned());
    Some(path.take_while(|byte| *byte != 0).collect())
}

/// Less, about a process of any user.
pub(super) fn short_info(pid: u32) -> Option<libc::proc_bsdshortinfo> {
    about(pid, SHORT_INFO)
}

/// What the kernel says under a number. `T` must be the structure for that number, which has nothing but plain numbers.
fn about<T: Copy>(pid: u32, what: c_int) -> Option<T> {
    let mut answer = MaybeUninit::<T>::zeroed();
    let size = c_int::try_from(size_of::<T>()).ok()?;
    #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
    // SAFETY: the kernel writes at most `size` bytes; zeros, and what it writes, are valid in structures of plain numbers.
    unsafe {
        let written = libc::proc_pidinfo(c_int::try_from(pid).ok()?, what, 0, answer.as_mut_ptr().cast(), size);
        (written == size).then(|| answer.assume_init())
    }
}

/// The path of a process' executable, of any user's.
pub(super) fn path(pid: u32) -> Option<String> {
    let mut bytes = vec![0_u8; 4 * 1024];
    let size = u32::try_from(bytes.len()).ok()?;
    #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
    // SAFETY: the kernel writes at most `size` bytes into the buffer, which has so many.
    let written = unsafe { libc::proc_pidpath(c_int::try_from(pid).ok()?, bytes.as_mut_ptr().cast::<c_void>(), size) };
    let length = usize::try_from(written).ok().filter(|length| *length > 0)?;
    Some(String::from_utf8_lossy(bytes.get(..length)?).into_owned())
}

/// The processes of a user.
pub(super) fn processes_of(uid: u32) -> Vec<u32> {
    let mut pids = vec![0_u32; 16 * 1024];
    let size = c_int::try_from(size_of_val(pids.as_slice())).unwrap_or(c_int::MAX);
    #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
    // SAFETY: the kernel writes at most `size` bytes into the buffer, which has so many.
    let written = unsafe { libc::proc_listpids(OF_USER, uid, pids.as_mut_ptr().cast(), size) };
    pids.truncate(usize::try_from(written).unwrap_or(0) / size_of::<u32>());
    pids.retain(|pid| *pid != 0);
    pids
}

/// The descriptors of a process of this user that are sockets.
pub(super) fn sockets_of(pid: u32) -> Vec<i32> {
    let Ok(pid) = c_int::try_from(pid) else { return Vec::new() };
    let list = |room: &mut [libc::proc_fdinfo]| {
        let size = c_int::try_from(size_of_val(room)).unwrap_or(c_int::MAX);
        let into = if room.is_empty() { std::ptr::null_mut() } else { room.as_mut_ptr().cast() };
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the kernel writes at most `size` bytes into the room, which has so many; without room it says how many it has.
        let written = unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDLISTFDS, 0, into, size) };
        usize::try_from(written).unwrap_or(0) / size_of::<libc::proc_fdinfo>()
    };
    let mut found = vec![libc::proc_fdinfo { proc_fd: 0, proc_fdtype: 0 }; list(&mut []) + 32];
    let count = list(&mut found);
    found.truncate(count);
    let sockets = found.into_iter().filter(|found| i64::from(found.proc_fdtype) == i64::from(libc::PROX_FDTYPE_SOCKET));
    sockets.map(|found| found.proc_fd).collect()
}

/// What a socket of a process of this user is, as [`super::sockets::descriptor`] reads it.
pub(super) fn socket<const SIZE: usize>(pid: u32, descriptor: i32) -> Option<[u8; SIZE]> {
    let mut bytes = [0_u8; SIZE];
    let size = c_int::try_from(SIZE).ok()?;
    #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
    // SAFETY: the kernel writes at most `size` bytes into the buffer, which has so many.
    let written = unsafe { libc::proc_pidfdinfo(c_int::try_from(pid).ok()?, descriptor, SOCKET_INFO, bytes.as_mut_ptr().cast(), size) };
    (written == size).then_some(bytes)
}
