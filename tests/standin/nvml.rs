//! A stand-in for NVIDIA's management library: exports the C functions that vramdeck calls and answers from the file
//! named in `NVML_STANDIN_FILE`, read again at every call, so that a test moves memory, ends a process or drops the
//! driver while the program runs. What the file may say: see `card.rs`.
#![allow(unsafe_code, reason = "it is a C library: exported functions that write through the caller's pointers")]
#![allow(clippy::not_unsafe_ptr_arg_deref, reason = "the caller is C code, for which the word unsafe means nothing")]
#![allow(missing_docs, reason = "the functions are documented by nvml.h")]
#![allow(non_snake_case, reason = "the names are NVML's")]

mod basics;
mod card;

use card::{Card, put};
use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};

type Device = *mut c_void;

/// A gauge: one unsigned number of a card.
macro_rules! gauges {
    ($($symbol:ident, $key:literal, $default:literal;)*) => {
        $(#[unsafe(no_mangle)]
        pub extern "C" fn $symbol(device: Device, out: *mut c_uint) -> c_uint {
            put(out, Card::of(device).number($key, $default).map(|value| value as c_uint))
        })*
    };
}

gauges! {
    nvmlDeviceGetPowerUsage, "power", 24_000;
    nvmlDeviceGetEnforcedPowerLimit, "limit", 360_000;
    nvmlDeviceGetNumFans, "fans", 2;
    nvmlDeviceGetCurrPcieLinkGeneration, "pciegen", 5;
    nvmlDeviceGetCurrPcieLinkWidth, "pciewidth", 16;
    nvmlDeviceGetPerformanceState, "pstate", 8;
    nvmlDeviceGetVirtualizationMode, "virtual", 0;
    nvmlDeviceGetMaxMigDeviceCount, "migs", 0;
}

/// A gauge that takes a selector.
macro_rules! selected {
    ($($symbol:ident, $key:expr, $default:expr;)*) => {
        $(#[unsafe(no_mangle)]
        pub extern "C" fn $symbol(device: Device, which: c_uint, out: *mut c_uint) -> c_uint {
            let key: fn(c_uint) -> String = $key;
            put(out, Card::of(device).number(&key(which), $default).map(|value| value as c_uint))
        })*
    };
}

selected! {
    nvmlDeviceGetTemperature, |_| "temp".to_owned(), 41;
    nvmlDeviceGetFanSpeed_v2, |fan| format!("fan{fan}"), 0;
    nvmlDeviceGetClockInfo, |clock| if clock == 2 { "memclock" } else { "clock" }.to_owned(), 405;
    nvmlDeviceGetPcieThroughput, |way| if way == 1 { "rx" } else { "tx" }.to_owned(), 0;
}

#[repr(C)]
pub struct Memory2 {
    version: c_uint,
    total: c_ulonglong,
    reserved: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetMemoryInfo_v2(device: Device, out: *mut Memory2) -> c_uint {
    const VERSION: c_uint = size_of::<Memory2>() as c_uint | (2 << 24);
    // SAFETY: the caller passes a struct whose version it has filled in.
    let version = unsafe { (*out).version };
    if version != VERSION {
        return 25;
    }
    let card = Card::of(device);
    let mib = |key, default| card.number(key, default).map(|mib| mib << 20);
    let read = || {
        let (total, used, reserved) = (mib("total", 16_303)?, mib("used", 812)?, mib("reserved", 420)?);
        Ok(Memory2 { version, total, reserved, free: total - used - reserved, used })
    };
    put(out, read())
}

#[repr(C)]
pub struct Rates {
    gpu: c_uint,
    memory: c_uint,
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetUtilizationRates(device: Device, out: *mut Rates) -> c_uint {
    let card = Card::of(device);
    let read = || Ok(Rates { gpu: card.number("util", 3)? as c_uint, memory: card.number("memutil", 1)? as c_uint });
    put(out, read())
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetCurrentClocksThrottleReasons(device: Device, out: *mut c_ulonglong) -> c_uint {
    put(out, Card::of(device).number("throttle", 1))
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetMigMode(device: Device, current: *mut c_uint, pending: *mut c_uint) -> c_uint {
    let card = Card::of(device);
    // A card without MIG says so, as a GeForce does.
    let mode = if card.has("migs") { Ok(1) } else { card.fails("mig").and(Err(3)) };
    match put(current, mode) {
        0 => put(pending, mode),
        code => code,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetMigDeviceHandleByIndex(parent: Device, place: c_uint, out: *mut Device) -> c_uint {
    put(out, Card::of(parent).instance(place))
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetCudaComputeCapability(device: Device, major: *mut c_int, minor: *mut c_int) -> c_uint {
    let read = Card::of(device).number("capability", 120);
    match put(major, read.map(|number| (number / 10) as c_int)) {
        0 => put(minor, read.map(|number| (number % 10) as c_int)),
        code => code,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlSystemGetProcessName(pid: c_uint, out: *mut c_char, size: c_uint) -> c_uint {
    card::text(out, size, card::named_process(pid))
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Process {
    pid: c_uint,
    used: c_ulonglong,
    gpu_instance: c_uint,
    compute_instance: c_uint,
}

/// With too little room: the count, and code 7 (insufficient size).
fn processes(device: Device, key: &str, count: *mut c_uint, out: *mut Process) -> c_uint {
    let list = match Card::of(device).processes(key) {
        Ok(list) => list,
        Err(code) => return code,
    };
    // SAFETY: the caller passes a count, and room for as many entries.
    let room = unsafe { std::mem::replace(&mut *count, list.len() as c_uint) };
    if (out.is_null() && !list.is_empty()) || (room as usize) < list.len() {
        return 7;
    }
    for (i, (pid, used)) in list.into_iter().enumerate() {
        // SAFETY: `i` is below the room the caller gave.
        unsafe { out.add(i).write(Process { pid, used, gpu_instance: c_uint::MAX, compute_instance: c_uint::MAX }) };
    }
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetComputeRunningProcesses_v3(d: Device, count: *mut c_uint, out: *mut Process) -> c_uint {
    processes(d, "proc", count, out)
}

#[unsafe(no_mangle)]
pub extern "C" fn nvmlDeviceGetGraphicsRunningProcesses_v3(d: Device, count: *mut c_uint, out: *mut Process) -> c_uint {
    processes(d, "gproc", count, out)
}
