"""What axe finds grave on a page, each look of text judged once."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_JUDGE = """async (sound) => {
    const grounds = new Map([[null, ""]]);
    const groundOf = (one) => {
        if (!grounds.has(one)) {
            const {backgroundColor, backgroundImage, opacity} = getComputedStyle(one);
            const own = [backgroundColor, backgroundImage, opacity];
            grounds.set(one, [groundOf(one.parentElement), ...own].join(" "));
        }
        return grounds.get(one);
    };
    const lookOf = (one) => {
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(one);
        return [color, fontSize, fontWeight, textShadow, groundOf(one)].join("; ");
    };
    const speaks = (one) => one.checkVisibility({visibilityProperty: true})
        && (one.matches("input, select, textarea") || [...one.childNodes].some(isText));
    const isText = (part) => part.nodeType === Node.TEXT_NODE && part.data.trim();

    const grave = ({violations}) => violations
        .filter(({impact}) => ["serious", "critical"].includes(impact))
        .map(({id, help, nodes}) => [id, help, nodes.map((node) => node.html).slice(0, 3).join()]);
    const whole = await axe.run({
        resultTypes: ["violations"],
        runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
        rules: {"color-contrast": {enabled: false}},
    });

    const nodesOf = ({nodes}) => nodes;
    const left = new Map();
    for (const one of document.body.querySelectorAll("*")) {
        const look = speaks(one) && lookOf(one);
        if (look && !sound.includes(look)) left.set(look, [...(left.get(look) ?? []), one]);
    }
    const judged = [], faults = [];
    const judge = async (texts) => {
        const include = texts.filter(({isConnected}) => isConnected);  // news replaces a part
        if (!include.length) return;
        const found = await axe.run({include}, {runOnly: ["color-contrast"], elementRef: true});
        faults.push(...grave(found));
        for (const {element} of [found.passes, found.violations].flat().flatMap(nodesOf)) {
            if (left.delete(lookOf(element))) judged.push(lookOf(element));
        }
    };
    await judge([...left.values()].map(([first]) => first));
    await judge([...left.values()].flatMap(([, ...others]) => others));
    return [[...grave(whole), ...faults], faults.length ? [] : judged];
}"""
"""Runs every rule over the whole page; contrast over one text of each look that is not ``sound``.

A look is all that contrast depends on: the text's colour, size, weight and shadow, and what lies
under it. Where axe passes over the first of a look (nobody sees it, its field is disabled), it is
given every other.
"""


def ill(page: Page, sound: set[str]) -> list[tuple[str, str, str]]:
    """Return what axe finds grave on a page as it stands: each rule, what it asks, and where.

    ``sound`` are the looks of text that need not be judged again; those of this page come to it.
    """
    page.evaluate(AXE_SCRIPT)
    faults, looks = page.evaluate(_JUDGE, list(sound))
    sound.update(looks)
    return [(rule, asks, where) for rule, asks, where in faults]
