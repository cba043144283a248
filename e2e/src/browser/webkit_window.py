"""A window of WebKitGTK that WebDriver drives, in the place of WebKitGTK's own MiniBrowser.

That one has a toolbar, so it is never as narrow as a phone, and nothing of it can be set while it
runs. This window is nothing but the page. The harness asks it for more than WebDriver can by
files in a folder, which it names as the only argument: a request is a file, and it is gone once
it is done.

    N.script    a script that runs before those of every page that is opened from now on
    N.setting   the name of one of GTK's settings and its value as JSON, which pages see as a
                preference of the person's system

Errors that no page caught are lines of JSON in the file `uncaught` there.
"""

import json
import sys
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2  # noqa: E402

# What Safari has and WebKitGTK has switched off. A session without a place on disk, as those of
# WebDriver are, then refuses storage of files as Safari's private windows do.
FEATURES = {
    "AccessHandle",
    "FileSystem",
    "FileSystemWritableStream",
    "StorageAPI",
    "StorageAPIEstimate",
}
EVERY_MS = 10
# WebKitGTK tells nobody but the page itself.
TELL_UNCAUGHT = """(() => {
    const tell = (text) => webkit.messageHandlers.uncaught.postMessage(text);
    addEventListener("error", (event) =>
        tell(`${event.message} (${event.filename}:${event.lineno})`));
    addEventListener("unhandledrejection", (event) =>
        tell(`unhandled rejection: ${event.reason} ${event.reason?.stack ?? ""}`));
})();"""


def settings():
    made = WebKit2.Settings(enable_developer_extras=False)
    features = WebKit2.Settings.get_all_features()
    for index in range(features.get_length()):
        feature = features.get(index)
        if feature.get_identifier() in FEATURES:
            made.set_feature_enabled(feature, True)
    return made


class Windows:
    """All windows of a session."""

    def __init__(self, folder):
        self.folder = folder
        self.scripts = WebKit2.UserContentManager()
        self.scripts.connect("script-message-received::uncaught", self.write_uncaught)
        self.scripts.register_script_message_handler("uncaught")
        self.run_before_pages(TELL_UNCAUGHT)
        self.settings = settings()
        self.context = WebKit2.WebContext.new_ephemeral()
        self.context.set_automation_allowed(True)
        self.context.connect("automation-started", self.start_session)
        GLib.timeout_add(EVERY_MS, self.answer)

    def start_session(self, _context, session):
        about = WebKit2.ApplicationInfo()
        about.set_name("webkit-window")
        about.set_version(1, 0, 0)
        session.set_application_info(about)
        session.connect("create-web-view", lambda _session: self.open(None))

    def open(self, opener):
        """Opens a window; with an opener, for its `window.open`."""
        of_opener = {"related_view": opener} if opener else {"web_context": self.context}
        view = WebKit2.WebView(
            is_controlled_by_automation=True,
            settings=self.settings,
            user_content_manager=self.scripts,
            **of_opener,
        )
        window = Gtk.Window()
        window.set_default_size(1280, 800)
        window.add(view)
        window.show_all()
        view.connect("close", lambda _view: window.destroy())
        view.connect("create", lambda view, _action: self.open(view))
        return view

    def run_before_pages(self, script):
        """In all frames, before their own scripts."""
        frames = WebKit2.UserContentInjectedFrames.ALL_FRAMES
        time = WebKit2.UserScriptInjectionTime.START
        self.scripts.add_script(WebKit2.UserScript(script, frames, time, None, None))

    def write_uncaught(self, _scripts, message):
        with open(self.folder / "uncaught", "a", encoding="utf-8") as file:
            file.write(json.dumps(message.get_js_value().to_string()) + "\n")

    def answer(self):
        """Does what has been asked for since."""
        for request in sorted(self.folder.iterdir()):
            if request.suffix == ".script":
                self.run_before_pages(request.read_text(encoding="utf-8"))
            elif request.suffix == ".setting":
                name, value = json.loads(request.read_text(encoding="utf-8"))
                Gtk.Settings.get_default().set_property(name, value)
            else:
                # One that is still being written.
                continue
            request.unlink()
        return GLib.SOURCE_CONTINUE


windows = Windows(Path(sys.argv[1]))
Gtk.main()
