//! The estimator turned round: from card and intent to flags, from a model to the card it needs.
