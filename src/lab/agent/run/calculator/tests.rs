//! Known results, words for what cannot be worked out, and texts of every kind.

use super::calculate;
use proptest::prelude::*;

#[test]
fn known_results() {
    let table = [
        ("1+2*3", "7"),
        ("(1+2)*3", "9"),
        ("2^3^2", "512"),
        ("2 ** 10", "1024"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("2^-1", "0.5"),
        ("--3", "3"),
        ("10 % 3", "1"),
        ("-7 % 3", "-1"),
        ("7 − 4 × 2 ÷ 8", "6"),
        ("0.1+0.2", "0.3"),
        ("1/3", "0.333333333333333"),
        ("10/4", "2.5"),
        ("1e3 + 1_000", "2000"),
        (".5 + 5.", "5.5"),
        ("2e", "error"),
        ("2*e", "5.43656365691809"),
        ("sqrt(16) + abs(-3)", "7"),
        ("round(2.5) + round(3.14159, 2)", "6.14"),
        ("max(1, 2; 3) - min(4)", "-1"),
        ("log(8, 2)", "3"),
        ("log10(1000) + ln(e)", "4"),
        ("sin(pi/2)", "1"),
        ("factorial(20)", "2.43290200817664e18"),
        ("floor(-1.5) + ceil(1.2)", "0"),
        ("1e300", "1e300"),
        ("0.0000001", "1e-7"),
        ("-0", "0"),
        ("123456789 * 987654321", "121932631112635000"),
        ("SQRT(4)", "2"),
    ];
    for (text, expected) in table {
        let got = calculate(text).unwrap_or_else(|_| "error".to_owned());
        // Beyond what 64 bits hold for certain, the digits are the machine's.
        if got.len() > 15 && expected.len() > 15 {
            let (a, b): (f64, f64) = (got.parse().unwrap(), expected.parse().unwrap());
            assert!((a - b).abs() <= b.abs() * 1e-12, "{text}: {got}");
        } else {
            assert_eq!(got, expected, "{text}");
        }
    }
}

#[test]
fn what_has_no_result_says_why() {
    let table = [
        ("", "expected a number, not the end"),
        ("1 +", "character 4"),
        ("1 2", "expected an operator, not '2'"),
        ("(1", "a closing bracket"),
        ("1)", "an operator, not ')'"),
        ("1/0", "division by zero"),
        ("5 % 0", "division by zero"),
        ("0^-1", "division by zero"),
        ("sqrt(-1)", "sqrt of -1 is not defined"),
        ("ln(0)", "ln of 0"),
        ("(-8)^0.5", "no number"),
        ("10^400", "too large"),
        ("1e999", "too large"),
        ("factorial(171)", "too large"),
        ("factorial(1e300)", "too large"),
        ("foo(1)", "there is no function foo"),
        ("bar + 1", "bar is no number"),
        ("sin(1, 2)", "one number, not 2"),
        ("max()", "at least one"),
        ("sin 1", "sin is no number"),
        ("__import__('os')", "a number, not '_'"),
        ("1; 2", "an operator"),
        ("1.2.3", "an operator"),
        (".", "no number"),
    ];
    for (text, why) in table {
        let told = calculate(text).unwrap_err();
        assert!(told.contains(why), "{text}: {told}");
    }
    for text in ["(".repeat(3000), "-".repeat(4000), "2^".repeat(2000), "sin(".repeat(1000)] {
        assert!(calculate(&text).unwrap_err().contains("nested"));
    }
    assert!(calculate(&"1+".repeat(4000)).unwrap_err().contains("longer"));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[0-9a-z+*/%^(),._ e\u{2212}\u{e4}-]{0,60}", other in ".{0,60}") {
        let _ = calculate(&text);
        let _ = calculate(&other);
    }

    #[test]
    fn it_agrees_with_the_machine(a in -1e6_f64..1e6, b in -1e6_f64..1e6, c in 1_f64..1e6) {
        let text = format!("({a}) + {b} * ({a} - {c}) / {c}");
        let expected = a + b * (a - c) / c;
        let got: f64 = calculate(&text).unwrap().parse().unwrap();
        prop_assert!((got - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{} {} {}", text, got, expected);
    }
}
