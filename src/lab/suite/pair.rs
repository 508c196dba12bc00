//! Pairs what is wanted with what was given, so that each is used once and as many as possible meet.

/// For each wanted one the given one that it is paired with (augmenting paths, Kuhn 1955).
pub(super) fn pairs(wanted: usize, given: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let mut taken: Vec<Option<usize>> = vec![None; given];
    let table: Vec<Vec<usize>> =
        (0..wanted).map(|one| (0..given).filter(|other| fits(one, *other)).collect()).collect();
    for one in 0..wanted {
        place(one, &table, &mut taken, &mut vec![false; given]);
    }
    let of = |one: usize| taken.iter().position(|holder| *holder == Some(one));
    (0..wanted).map(of).collect()
}

fn place(one: usize, table: &[Vec<usize>], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for other in table.get(one).into_iter().flatten().copied() {
        if std::mem::replace(&mut seen[other], true) {
            continue;
        }
        if taken[other].is_none_or(|holder| place(holder, table, taken, seen)) {
            taken[other] = Some(one);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greedy_choice_is_undone() {
        // The first fits both, the second only what the first would take.
        let fits = |one: usize, other: usize| one == 0 || other == 0;
        assert_eq!(pairs(2, 2, fits), [Some(1), Some(0)]);
        assert_eq!(pairs(2, 1, fits).iter().flatten().count(), 1);
        assert_eq!(pairs(0, 3, fits), []);
    }
}
