//! How alike texts are: the cosine of the angle between their vectors.

use crate::base::{Reading, Unknown};

/// Most texts that are compared each with each.
pub const MOST_COMPARED: usize = 200;

/// Vectors compared each with each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Similarity {
    /// Numbers of a vector.
    pub dimensions: usize,
    /// Length of each vector (the root of the sum of its squares).
    pub norms: Vec<f64>,
    /// The vectors.
    pub vectors: Vec<Vec<f32>>,
    /// Cosines row by row, of the first [`MOST_COMPARED`]; NaN where one of the two has no direction.
    cosines: Vec<f32>,
}

impl Similarity {
    /// Compares vectors of one length.
    pub fn of(vectors: Vec<Vec<f32>>) -> Self {
        let norms: Vec<f64> = vectors.iter().map(|vector| norm(vector)).collect();
        let compared = vectors.len().min(MOST_COMPARED);
        let mut cosines = vec![f32::NAN; compared * compared];
        for row in 0..compared {
            for column in row..compared {
                let cosine = cosine(&vectors[row], &vectors[column]).map_or(f32::NAN, |cosine| cosine as f32);
                cosines[row * compared + column] = cosine;
                cosines[column * compared + row] = cosine;
            }
        }
        Self { dimensions: vectors.first().map_or(0, Vec::len), norms, vectors, cosines }
    }

    /// How many texts were compared.
    pub fn compared(&self) -> usize {
        self.vectors.len().min(MOST_COMPARED)
    }

    /// The cosine between two texts, from -1 to 1.
    pub fn cosine(&self, one: usize, other: usize) -> Reading<f64> {
        let size = self.compared();
        if one >= size || other >= size {
            return Err(Unknown::because("only the first 200 texts are compared"));
        }
        let cosine = self.cosines.get(one * size + other).copied().filter(|cosine| !cosine.is_nan());
        cosine.map(f64::from).ok_or(Unknown::because("a vector of zeros has no direction"))
    }

    /// The two different texts that are most alike, with their cosine.
    pub fn nearest(&self) -> Option<(usize, usize, f64)> {
        let size = self.compared();
        let pairs = (0..size).flat_map(|one| (one + 1..size).map(move |other| (one, other)));
        let known = pairs.filter_map(|(one, other)| Some((one, other, self.cosine(one, other).ok()?)));
        known.max_by(|a, b| a.2.total_cmp(&b.2).then((b.0, b.1).cmp(&(a.0, a.1))))
    }
}

/// Length of a vector: the root of the sum of its squares.
pub fn norm(vector: &[f32]) -> f64 {
    vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}

/// Cosine of the angle between two vectors of one length: their product by both lengths; `None` where one is zero.
pub fn cosine(one: &[f32], other: &[f32]) -> Option<f64> {
    let lengths = norm(one) * norm(other);
    let product: f64 = one.iter().zip(other).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    (lengths > 0.0 && one.len() == other.len()).then(|| (product / lengths).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn angles_are_those_of_geometry() {
        let all = Similarity::of(vec![vec![3.0, 4.0], vec![-3.0, -4.0], vec![4.0, -3.0], vec![0.0, 0.0]]);
        assert_eq!((all.dimensions, &all.norms[..]), (2, &[5.0, 5.0, 5.0, 0.0][..]));
        assert_eq!((all.cosine(0, 0), all.cosine(0, 1), all.cosine(2, 0)), (Ok(1.0), Ok(-1.0), Ok(0.0)));
        assert!(all.cosine(3, 3).unwrap_err().why.contains("zeros"));
        assert!(all.cosine(0, 400).is_err());
        assert_eq!(all.nearest(), Some((0, 2, 0.0)));
        assert_eq!(Similarity::of(vec![vec![1.0]]).nearest(), None);
        assert_eq!(Similarity::of(Vec::new()).dimensions, 0);
    }

    #[test]
    fn far_texts_are_not_compared() {
        let all = Similarity::of(vec![vec![1.0]; MOST_COMPARED + 5]);
        assert_eq!((all.compared(), all.norms.len()), (MOST_COMPARED, MOST_COMPARED + 5));
        assert!(all.cosine(0, MOST_COMPARED).is_err());
    }

    proptest! {
        #[test]
        fn a_cosine_is_symmetric_and_bounded(pairs in prop::collection::vec((-1e30f32..1e30, -1e30f32..1e30), 1..40)) {
            let (one, other): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let all = Similarity::of(vec![one, other]);
            prop_assert_eq!(all.cosine(0, 1), all.cosine(1, 0));
            prop_assert!(all.cosine(0, 1).is_ok_and(|cosine| (-1.0..=1.0).contains(&cosine)) || all.norms.contains(&0.0));
        }
    }
}
