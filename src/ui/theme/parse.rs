//! Theme files. (To be furnished.)
