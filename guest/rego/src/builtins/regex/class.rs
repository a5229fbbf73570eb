//! Classes of characters: Perl's, POSIX' and Unicode's, as Go's `regexp/syntax` knows them.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// The characters from one to another. Surrogates are none.
pub fn range(low: u32, high: u32) -> ClassUnicode {
    let upwards = |code: u32| char::from_u32(code).or((code < 0xe000).then_some('\u{e000}'));
    let downwards = |code: u32| char::from_u32(code).or((code < 0xe000).then_some('\u{d7ff}'));
    let ends = upwards(low)
        .zip(downwards(high))
        .filter(|(low, high)| low <= high);
    ClassUnicode::new(ends.map(|(low, high)| ClassUnicodeRange::new(low, high)))
}

/// These ranges, both ends included.
pub fn ranges(pairs: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(
        pairs
            .iter()
            .map(|&(low, high)| ClassUnicodeRange::new(low, high)),
    )
}

/// The class with all characters that differ from its own in case alone.
pub fn fold(mut class: ClassUnicode) -> ClassUnicode {
    // Only fails without the tables of Unicode, which are built in.
    let _ = class.try_case_fold_simple();
    class
}

/// `\d`, `\s`, `\w`: of ASCII, and `\s` without the vertical tab.
pub fn perl(letter: char) -> Option<ClassUnicode> {
    Some(match letter.to_ascii_lowercase() {
        'd' => ranges(&[('0', '9')]),
        's' => ranges(&[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')]),
        'w' => ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        _ => return None,
    })
}

/// `[:alpha:]`, by what stands between the colons.
pub fn posix(name: &str) -> Option<ClassUnicode> {
    Some(ranges(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    }))
}

/// `\p{…}`: a category, a category's long name, or a script.
pub fn unicode(name: &str) -> Option<ClassUnicode> {
    let name = canonical(name);
    let category = match &*name {
        "Any" => return Some(range(0, 0x10_ffff)),
        "Ascii" => return Some(range(0, 0x7f)),
        "Assigned" => {
            let mut assigned = of_go("gc=Cn", true)?;
            assigned.negate();
            return Some(assigned);
        }
        "Lc" => "LC",
        // Regular expressions are over texts, which hold no surrogates.
        "Cs" | "Surrogate" => return Some(ClassUnicode::empty()),
        name if CATEGORIES.contains(&name) => name,
        name if SCRIPTS.contains(&name) => return of_go(&format!("sc={name}"), false),
        name => LONG_NAMES
            .iter()
            .find(|(long, _)| *long == name)
            .map(|(_, short)| *short)?,
    };
    of_go(&format!("gc={category}"), matches!(category, "C" | "Cn"))
}

/// Go's tables are those of Unicode 15.0: what was assigned later is unassigned.
fn of_go(property: &str, with_unassigned: bool) -> Option<ClassUnicode> {
    let mut class = table(property)?;
    let mut assigned = table("age=15.0")?;
    if with_unassigned {
        assigned.negate();
        class.union(&assigned);
    } else {
        class.intersect(&assigned);
    }
    // The one character that changed its category since.
    let moved = range(0x1171e, 0x1171e);
    match property {
        "gc=Mn" => class.union(&moved),
        "gc=Mc" => class.difference(&moved),
        _ => {}
    }
    Some(class)
}

fn table(property: &str) -> Option<ClassUnicode> {
    let hir = regex_syntax::parse(&format!(r"\p{{{property}}}")).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(text.chars().map(|c| ClassUnicodeRange::new(c, c)).fold(
                ClassUnicode::empty(),
                |mut class, range| {
                    class.push(range);
                    class
                },
            ))
        }
        _ => None,
    }
}

/// One capital, then small letters, without space, `_` and `-`: how Go compares names.
fn canonical(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')) {
        out.push(if out.is_empty() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        });
    }
    out
}

const CATEGORIES: [&str; 37] = [
    "C", "Cc", "Cf", "Cn", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N",
    "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So",
    "Z", "Zl", "Zp", "Zs", "LC",
];

const LONG_NAMES: [(&str, &str); 39] = [
    ("Casedletter", "LC"),
    ("Closepunctuation", "Pe"),
    ("Combiningmark", "M"),
    ("Connectorpunctuation", "Pc"),
    ("Control", "Cc"),
    ("Currencysymbol", "Sc"),
    ("Dashpunctuation", "Pd"),
    ("Decimalnumber", "Nd"),
    ("Enclosingmark", "Me"),
    ("Finalpunctuation", "Pf"),
    ("Format", "Cf"),
    ("Initialpunctuation", "Pi"),
    ("Letter", "L"),
    ("Letternumber", "Nl"),
    ("Lineseparator", "Zl"),
    ("Lowercaseletter", "Ll"),
    ("Mark", "M"),
    ("Mathsymbol", "Sm"),
    ("Modifierletter", "Lm"),
    ("Modifiersymbol", "Sk"),
    ("Nonspacingmark", "Mn"),
    ("Number", "N"),
    ("Openpunctuation", "Ps"),
    ("Other", "C"),
    ("Otherletter", "Lo"),
    ("Othernumber", "No"),
    ("Otherpunctuation", "Po"),
    ("Othersymbol", "So"),
    ("Paragraphseparator", "Zp"),
    ("Privateuse", "Co"),
    ("Punctuation", "P"),
    ("Separator", "Z"),
    ("Spaceseparator", "Zs"),
    ("Spacingmark", "Mc"),
    ("Symbol", "S"),
    ("Titlecaseletter", "Lt"),
    ("Unassigned", "Cn"),
    ("Uppercaseletter", "Lu"),
    ("Cntrl", "Cc"),
];

/// The scripts Go finds. It looks for names without `_`, and so finds none that has one.
const SCRIPTS: [&str; 117] = [
    "Adlam",
    "Ahom",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Carian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dogra",
    "Duployan",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Inherited",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kharoshthi",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Medefaidrin",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nandinagari",
    "Newa",
    "Nko",
    "Nushu",
    "Ogham",
    "Oriya",
    "Osage",
    "Osmanya",
    "Palmyrene",
    "Phoenician",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "Sinhala",
    "Sogdian",
    "Soyombo",
    "Sundanese",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Yezidi",
    "Yi",
];

/// Whether Unicode, as Go knows it, calls this a letter.
pub fn is_letter(c: char) -> bool {
    static LETTERS: LazyLock<ClassUnicode> =
        LazyLock::new(|| unicode("L").unwrap_or_else(ClassUnicode::empty));
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        holds(&LETTERS, c)
    }
}

/// Whether Unicode, as Go knows it, calls this a decimal digit.
pub fn is_digit(c: char) -> bool {
    static DIGITS: LazyLock<ClassUnicode> =
        LazyLock::new(|| unicode("Nd").unwrap_or_else(ClassUnicode::empty));
    if c.is_ascii() {
        c.is_ascii_digit()
    } else {
        holds(&DIGITS, c)
    }
}

fn holds(class: &ClassUnicode, c: char) -> bool {
    let ranges = class.ranges();
    let behind = ranges.partition_point(|range| range.end() < c);
    ranges.get(behind).is_some_and(|range| range.start() <= c)
}
