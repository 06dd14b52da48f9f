//! Domains of e-mail addresses, and what stands behind an `@` in code.

use super::super::chars::{byte, run};

/// Domains of the top level beside those of countries: the common ones, and those of private networks.
const TOP_LEVELS: &str = "\
    academy accountant adult aero africa agency amazon amsterdam app apple archi arpa art asia associates attorney \
    auction audio auto band bank bar barcelona bayern beer berlin best bet bike bio biz black blog blue boston \
    brussels build builders business buzz cafe capital care careers cash cat center ceo charity chat church city \
    click clinic cloud club codes coffee college cologne com community company computer consulting contact \
    contractors cool coop corp country credit dance date degree dental design dev diamonds digital direct \
    directory doctor domains earth edu education email energy engineer engineering enterprises estate eus events \
    example exchange expert express family fan farm fashion film finance financial fit fitness foundation frl fun \
    fund fyi gal gallery game games garden gay gent global gmbh google gov green group guide guru hamburg haus \
    health healthcare help home homes host hosting house icu immo inc industries info ing ink institute insurance \
    int internal international intra intranet invalid invest istanbul jobs kim kitchen koeln lan land law lawyer \
    legal lgbt life limited limo link live llc local localdomain localhost lol london love ltd luxury madrid mail \
    maison management market marketing mba media melbourne miami microsoft mil mobi moe money moscow museum name \
    net network new news ngo ninja nrw nyc observer one ong onl online org page paris partners parts party pet \
    pharmacy photo photography photos pics pictures pizza place plus post press private pro productions properties \
    pub quebec radio red rent repair report rest restaurant review reviews rip rocks ruhr saarland sale school \
    science scot security services shop show singles site ski social software solar solutions space store stream \
    studio style support surf swiss sydney systems taipei tax team tech technology tel test tips tirol today tokyo \
    tools top tours town trade training travel university uno ventures versicherung vet video vin vip vision \
    vlaanderen wales wang watch webcam website wien wiki win wine work works world wtf xin xxx xyz yoga zone \
    zuerich";
/// Domains of countries, two letters each.
const COUNTRIES: &str = "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt \
    bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk \
    fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je \
    jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq \
    mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re \
    ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt \
    tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";
/// Endings of files that are domains of countries too, with names that files have and organisations don't.
const FILE_ENDINGS: &[&str] = &["cc", "md", "pl", "ps", "py", "rs", "sh", "so"];
const FILE_NAMES: &[&str] = &[
    "build", "cli", "config", "conftest", "index", "init", "lib", "main", "mod", "models", "plan",
    "readme", "run", "setup", "spec", "tasks", "test", "tests", "utils",
];

/// Returns where the domain ends that begins at a place: after the last label that can be of the top level.
pub(super) fn end(text: &str, from: usize) -> Option<usize> {
    let mut end = None;
    let mut at = from;
    let mut labels = 0;
    loop {
        let stop = label_end(text, at);
        let label = text.get(at..stop)?;
        if label.is_empty() {
            break;
        }
        labels += 1;
        if labels > 1 {
            let is_encoded = label.to_ascii_lowercase().starts_with("xn--");
            let letters = label.split('-').next().unwrap_or_default();
            if is_encoded {
                end = Some(stop);
            } else if is_top_level(&letters.to_lowercase()) {
                end = Some(at + letters.len());
            }
        }
        if byte(text, stop) != Some(b'.') {
            break;
        }
        at = stop + 1;
    }
    let end = end?;
    let domain = text.get(from..end)?;
    (!is_version(domain) && !is_file(text, domain, end)).then_some(end)
}

fn label_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '-'))
        .unwrap_or(rest.len());
    let label = rest.get(..length).unwrap_or_default();
    if label.starts_with('-') {
        from
    } else {
        from + label.trim_end_matches('-').len()
    }
}

fn is_top_level(top: &str) -> bool {
    if top.len() == 2 {
        return COUNTRIES
            .split_ascii_whitespace()
            .any(|country| country == top);
    }
    // Domains in other scripts than Latin have no files to be taken for.
    TOP_LEVELS
        .split_ascii_whitespace()
        .any(|known| known == top)
        || (top.chars().count() > 1 && top.chars().all(|c| !c.is_ascii() && c.is_alphabetic()))
}

/// `1.2.rc`, `v4.1.io`: what stands behind the `@` of a package.
fn is_version(domain: &str) -> bool {
    let mut labels = domain.split('.').map(|label| label.trim_start_matches('v'));
    let is_number = |label: Option<&str>| {
        label.is_some_and(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit()))
    };
    let first = labels.next();
    let second = labels.next();
    is_number(first) && (is_number(second) || domain.starts_with('v'))
}

/// `main.rs`, or `tracker.py:68`: a file of a revision.
fn is_file(text: &str, domain: &str, end: usize) -> bool {
    let lower = domain.to_ascii_lowercase();
    let has_line =
        byte(text, end) == Some(b':') && byte(text, end + 1).is_some_and(|b| b.is_ascii_digit());
    lower.split_once('.').is_some_and(|(name, ending)| {
        FILE_ENDINGS.contains(&ending)
            && (has_line || matches!(ending, "py" | "sh") || FILE_NAMES.contains(&name))
    })
}

/// `icon@2x.en`: an image for a finer screen.
pub(super) fn is_image(domain: &str) -> bool {
    run(domain, 0, |b| b.is_ascii_digit()) > 0 && {
        let digits = run(domain, 0, |b| b.is_ascii_digit());
        domain
            .get(digits..)
            .is_some_and(|rest| rest.starts_with("x."))
    }
}
