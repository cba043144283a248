//! What the page copies.

/// A clipboard that can be read, as `copied` (a text) and `copiedPicture` (media type and bytes).
/// As Safari's, it lets a page write only while that handles a click; what is written may be
/// promised.
pub(crate) const KEEP_COPIES: &str = "
    window.copied = window.copiedPicture = undefined;
    let handlesClick = false;
    addEventListener('click', () => {
        handlesClick = true;
        // A task of its own: promises that are kept meanwhile still belong to the click.
        setTimeout(() => { handlesClick = false; });
    }, true);
    const check = () => {
        if (!handlesClick) throw new DOMException('no click', 'NotAllowedError');
    };
    document.execCommand = () => false;
    window.ClipboardItem = class { constructor(items) { this.items = items; } };
    navigator.clipboard.write = async ([item]) => {
        check();
        const [[media, content]] = Object.entries(item.items);
        const blob = await content;
        if (blob.type !== media) throw new TypeError(`${blob.type} in place of ${media}`);
        if (media === 'text/plain') window.copied = await blob.text();
        else window.copiedPicture = `${media} ${blob.size}`;
    };
    navigator.clipboard.writeText = async (text) => {
        check();
        window.copied = text;
    };";
