//! Figures out of logs, properties, hostile sizes.
