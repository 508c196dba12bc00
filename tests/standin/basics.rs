//! The functions that every version of the library has.

use super::card::{Card, put, text, up};
use std::ffi::{c_char, c_int, c_uint, c_void};

type Device = *mut c_void;

#[unsafe(no_mangle)]
pub extern "C" fn nvmlInit_v2() -> c_uint {
    up(true);
    Card::of(std::ptr::null_mut()).number("init", 0).err().unwrap_or(0)
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlShutdown() -> c_uint {
    up(false);
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlSystemGetDriverVersion(out: *mut c_char, size: c_uint) -> c_uint {
    text(out, size, Card::of(std::ptr::null_mut()).word("driver", "580.95.05"))
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlSystemGetNVMLVersion(out: *mut c_char, size: c_uint) -> c_uint {
    text(out, size, Card::of(std::ptr::null_mut()).word("nvml", "13.580.95.05"))
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlSystemGetCudaDriverVersion_v2(out: *mut c_int) -> c_uint {
    put(out, Card::of(std::ptr::null_mut()).number("cuda", 13_000).map(|version| version as c_int))
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetCount_v2(out: *mut c_uint) -> c_uint {
    put(out, Card::of(std::ptr::null_mut()).number("cards", 1).map(|count| count as c_uint))
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, out: *mut Device) -> c_uint {
    put(out, Card::by_index(index))
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetName(device: Device, out: *mut c_char, size: c_uint) -> c_uint {
    text(out, size, Card::of(device).word("name", "NVIDIA GeForce RTX 5080"))
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetUUID(device: Device, out: *mut c_char, size: c_uint) -> c_uint {
    let card = Card::of(device);
    text(out, size, card.word("uuid", &card.uuid()))
}
