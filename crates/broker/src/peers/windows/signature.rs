//! Who signed an executable, as Windows itself judges it. The signature is in the file; for Windows' own programs it is in a catalogue
//! beside them.

use std::{fs::File, os::windows::io::AsRawHandle, path::Path};

use ::windows::{
    Win32::{
        Foundation::{HANDLE, HWND, TRUST_E_NOSIGNATURE, TRUST_E_PROVIDER_UNKNOWN, TRUST_E_SUBJECT_FORM_UNKNOWN},
        Security::{
            Cryptography::{
                CERT_NAME_SIMPLE_DISPLAY_TYPE,
                Catalog::{
                    CATALOG_INFO, CryptCATAdminAcquireContext2, CryptCATAdminCalcHashFromFileHandle2, CryptCATAdminEnumCatalogFromHash,
                    CryptCATAdminReleaseCatalogContext, CryptCATAdminReleaseContext, CryptCATCatalogInfoFromContext,
                },
                CertGetNameStringW,
            },
            WinTrust::{
                WINTRUST_ACTION_GENERIC_VERIFY_V2, WINTRUST_CATALOG_INFO, WINTRUST_DATA, WINTRUST_DATA_0, WINTRUST_FILE_INFO,
                WTD_CACHE_ONLY_URL_RETRIEVAL, WTD_CHOICE_CATALOG, WTD_CHOICE_FILE, WTD_REVOKE_NONE, WTD_STATEACTION_CLOSE,
                WTD_STATEACTION_VERIFY, WTD_UI_NONE, WTHelperGetProvCertFromChain, WTHelperGetProvSignerFromChain,
                WTHelperProvDataFromStateData, WinVerifyTrust,
            },
        },
    },
    core::{HRESULT, HSTRING, PCWSTR, w},
};
use doorward_oauth::program::Signature;
use doorward_words::Said;

/// What Windows says about the signature of a file. It reads the whole file, and asks nobody on the network: revocation is not looked at.
pub(super) fn of(path: &Path) -> Signature {
    let name = HSTRING::from(path);
    let mut file = WINTRUST_FILE_INFO { pcwszFilePath: PCWSTR(name.as_ptr()), ..sized(|info: &mut WINTRUST_FILE_INFO| &mut info.cbStruct) };
    match verify(WTD_CHOICE_FILE.0, WINTRUST_DATA_0 { pFile: &raw mut file }) {
        Signature::Unsigned => in_catalogue(path, &name).unwrap_or(Signature::Unsigned),
        seen => seen,
    }
}

/// An empty structure that says how large it is.
fn sized<T: Default>(size: impl Fn(&mut T) -> &mut u32) -> T {
    let mut empty = T::default();
    *size(&mut empty) = u32::try_from(size_of::<T>()).unwrap_or(u32::MAX);
    empty
}

/// Lets Windows judge. `what` must be the member of the union that `choice` means, and what it points to must be there.
fn verify(choice: u32, what: WINTRUST_DATA_0) -> Signature {
    let mut data = WINTRUST_DATA {
        dwUIChoice: WTD_UI_NONE,
        fdwRevocationChecks: WTD_REVOKE_NONE,
        dwUnionChoice: ::windows::Win32::Security::WinTrust::WINTRUST_DATA_UNION_CHOICE(choice),
        Anonymous: what,
        dwStateAction: WTD_STATEACTION_VERIFY,
        dwProvFlags: WTD_CACHE_ONLY_URL_RETRIEVAL,
        ..sized(|data: &mut WINTRUST_DATA| &mut data.cbStruct)
    };
    let ask = |data: &mut WINTRUST_DATA| {
        let mut action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: both structures outlive the call, and what the second points to does as well.
        HRESULT(unsafe { WinVerifyTrust(HWND::default(), &mut action, (&raw mut *data).cast()) })
    };
    let outcome = ask(&mut data);
    let signer = signer(data.hWVTStateData);
    data.dwStateAction = WTD_STATEACTION_CLOSE;
    // Nothing depends on how that ends.
    let _ = ask(&mut data);
    match outcome {
        TRUST_E_NOSIGNATURE | TRUST_E_SUBJECT_FORM_UNKNOWN | TRUST_E_PROVIDER_UNKNOWN => Signature::Unsigned,
        HRESULT(0) => signer.map_or_else(|| Signature::CannotTell { why: Said::plain("why-signer-hidden") }, |by| Signature::Signed { by }),
        _ => Signature::Broken,
    }
}

/// The name in the certificate of the first who signed. `state` is of a look that is not closed yet.
fn signer(state: HANDLE) -> Option<String> {
    if state.is_invalid() {
        return None;
    }
    let mut name = [0_u16; 256];
    #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
    // SAFETY: what these functions give belongs to the look, which is open until after the last of them; each may give nothing, which is
    // looked at before the next.
    let length = unsafe {
        let data = WTHelperProvDataFromStateData(state);
        if data.is_null() {
            return None;
        }
        let signer = WTHelperGetProvSignerFromChain(data, 0, false, 0);
        if signer.is_null() {
            return None;
        }
        let certificate = WTHelperGetProvCertFromChain(signer, 0);
        if certificate.is_null() || (*certificate).pCert.is_null() {
            return None;
        }
        CertGetNameStringW((*certificate).pCert, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, None, Some(&mut name))
    };
    // It counts the zero at the end.
    let name = String::from_utf16_lossy(name.get(..(length as usize).checked_sub(1)?)?);
    (!name.is_empty()).then_some(name)
}

/// What is said about a file that has its signature in a catalogue of the system; `None` when no catalogue names it.
fn in_catalogue(path: &Path, name: &HSTRING) -> Option<Signature> {
    let file = File::open(path).ok()?;
    let catalogues = Catalogues::open()?;
    let mut hash = [0_u8; 64];
    let mut length = u32::try_from(hash.len()).ok()?;
    #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
    // SAFETY: the file and the catalogues are open, and Windows writes at most `length` bytes.
    unsafe { CryptCATAdminCalcHashFromFileHandle2(catalogues.0, HANDLE(file.as_raw_handle()), &mut length, Some(hash.as_mut_ptr()), None) }
        .ok()?;
    let hash = hash.get_mut(..length as usize)?;
    let found = catalogues.naming(hash)?;
    // A member goes by its hash.
    let tag: String = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    let tag = HSTRING::from(tag);
    let mut member = WINTRUST_CATALOG_INFO {
        pcwszCatalogFilePath: PCWSTR(found.wszCatalogFile.as_ptr()),
        pcwszMemberTag: PCWSTR(tag.as_ptr()),
        pcwszMemberFilePath: PCWSTR(name.as_ptr()),
        hMemberFile: HANDLE(file.as_raw_handle()),
        pbCalculatedFileHash: hash.as_mut_ptr(),
        cbCalculatedFileHash: length,
        hCatAdmin: catalogues.0,
        ..sized(|info: &mut WINTRUST_CATALOG_INFO| &mut info.cbStruct)
    };
    Some(verify(WTD_CHOICE_CATALOG.0, WINTRUST_DATA_0 { pCatalog: &raw mut member }))
}

/// The catalogues of the system.
struct Catalogues(isize);

impl Catalogues {
    fn open() -> Option<Self> {
        let mut opened = 0;
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: `opened` outlives the call; what it becomes is closed once.
        unsafe { CryptCATAdminAcquireContext2(&mut opened, None, w!("SHA256"), None, None) }.ok()?;
        Some(Self(opened))
    }

    /// The first catalogue that names a file with that hash.
    fn naming(&self, hash: &[u8]) -> Option<CATALOG_INFO> {
        let mut info = sized(|info: &mut CATALOG_INFO| &mut info.cbStruct);
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: the catalogues are open; the one that is found is given back once, after its path was copied.
        let outcome = unsafe {
            let found = CryptCATAdminEnumCatalogFromHash(self.0, hash, None, None);
            if found == 0 {
                return None;
            }
            let outcome = CryptCATCatalogInfoFromContext(found, &mut info, 0);
            let _ = CryptCATAdminReleaseCatalogContext(self.0, found, 0);
            outcome
        };
        outcome.ok().map(|()| info)
    }
}

impl Drop for Catalogues {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "there is no safe way to close it")]
        // SAFETY: it was opened, and this is the only place that closes it.
        let _ = unsafe { CryptCATAdminReleaseContext(self.0, 0) };
    }
}
