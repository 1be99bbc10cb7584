//! Who signed a running program. The kernel watches over the code of what runs, so it is asked about the process and not about a file.

use core_foundation::{
    array::CFArray,
    base::{CFType, CFTypeRef, OSStatus, TCFType},
    dictionary::{CFDictionary, CFDictionaryRef},
    string::{CFString, CFStringRef},
};
use doorward_oauth::program::Signature;
use doorward_words::Said;
use security_framework::{
    certificate::SecCertificate,
    os::macos::code_signing::{Flags, GuestAttributes, SecCode, SecRequirement},
};

/// `errSecCSUnsigned`.
const UNSIGNED: i32 = -67062;
/// `errSecCSNoSuchCode`.
const GONE: i32 = -67065;
/// `kSecCSSigningInformation`: with the certificates.
const WITH_CERTIFICATES: u32 = 1 << 1;

#[link(name = "Security", kind = "framework")]
#[expect(unsafe_code, reason = "the crate for this framework has no name for them")]
// SAFETY: as the headers of the framework declare them. The function takes a running program as well as one on disk.
unsafe extern "C" {
    static kSecCodeInfoCertificates: CFStringRef;
    fn SecCodeCopySigningInformation(code: CFTypeRef, flags: u32, information: *mut CFDictionaryRef) -> OSStatus;
}

/// What the system says about the signature of a running program. Only Apple's own name and names that Apple vouches for are told:
/// anybody can put a name of their choice into a certificate of their own.
pub(super) fn of(pid: u32) -> Signature {
    let cannot_tell = |why: Said| Signature::CannotTell { why };
    let Ok(process) = libc::pid_t::try_from(pid) else { return cannot_tell(Said::plain("why-gone")) };
    let mut which = GuestAttributes::new();
    which.set_pid(process);
    let code = match SecCode::copy_guest_with_attribues(None, &which, Flags::NONE) {
        Ok(code) => code,
        Err(error) if error.code() == UNSIGNED => return Signature::Unsigned,
        Err(error) if error.code() == GONE => return cannot_tell(Said::plain("why-gone")),
        Err(error) => return cannot_tell(Said::plain("why-system-answers").with("code", error.code().to_string())),
    };
    match meets(&code, "always") {
        Ok(()) => {}
        Err(UNSIGNED) => return Signature::Unsigned,
        Err(GONE) => return cannot_tell(Said::plain("why-gone")),
        Err(_) => return Signature::Broken,
    }
    if meets(&code, "anchor apple").is_ok() {
        return Signature::Signed { by: "Apple".to_owned() };
    }
    if meets(&code, "anchor apple generic").is_err() {
        return Signature::Unsigned;
    }
    signer(&code).map_or_else(|| cannot_tell(Said::plain("why-whose-hidden")), |by| Signature::Signed { by })
}

/// Whether what runs still is what was signed, and meets a requirement; otherwise the number of the error.
fn meets(code: &SecCode, requirement: &str) -> Result<(), i32> {
    let requirement: SecRequirement = requirement.parse().map_err(|error: security_framework::base::Error| error.code())?;
    code.check_validity(Flags::NONE, &requirement).map_err(|error| error.code())
}

/// The name in the certificate that signed, such as `Developer ID Application: Example Ltd (ABCDE12345)`.
fn signer(code: &SecCode) -> Option<String> {
    let mut information: CFDictionaryRef = std::ptr::null();
    #[expect(unsafe_code, reason = "the crate for this framework has no name for it")]
    // SAFETY: the code is a live object; the dictionary is ours when there is one, and is looked at only then.
    let information = unsafe {
        let asked = SecCodeCopySigningInformation(code.as_CFTypeRef(), WITH_CERTIFICATES, &mut information);
        if asked != 0 || information.is_null() {
            return None;
        }
        CFDictionary::<CFString, CFType>::wrap_under_create_rule(information)
    };
    #[expect(unsafe_code, reason = "the crate for this framework has no name for it")]
    // SAFETY: a string of the framework that is there as long as the framework is.
    let key = unsafe { CFString::wrap_under_get_rule(kSecCodeInfoCertificates) };
    let certificates = information.find(&key)?.downcast::<CFArray>()?;
    // The first signed the program, the others vouch for it.
    let first = certificates.get(0)?;
    #[expect(unsafe_code, reason = "an array does not say what is in it")]
    // SAFETY: the framework puts certificates into this array, and the array keeps them while they are borrowed here.
    let first = unsafe { CFType::wrap_under_get_rule(*first) };
    first.downcast::<SecCertificate>().map(|certificate| certificate.subject_summary())
}
