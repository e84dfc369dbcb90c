"""A small browser on WebKitGTK for one guest after the other.

Takes commands {"id", "method", "params"} and answers {"id", "result" | "error"} (lines.py).
Pages see an ordinary GTK application: input comes through the display, and what is evaluated runs in a world
of its own.
"""

import json

import gi
import lines

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gdk, GLib, Gtk, WebKit2  # noqa: E402

window = None
stack = None
context = None
settings = None
tabs = {}
made = 0


def data_of(profile):
    if profile is None:
        return WebKit2.WebsiteDataManager.new_ephemeral()
    return WebKit2.WebsiteDataManager(
        base_data_directory=f"{profile}/data", base_cache_directory=f"{profile}/cache"
    )


def add_tab():
    global made
    view = WebKit2.WebView(web_context=context, settings=settings)
    view.connect("decide-policy", decide)
    made += 1
    tabs[made] = view
    stack.add(view)
    view.show()
    return made, view


def decide(view, decision, kind):
    """Control-click and target=_blank open a tab behind the present one."""
    if kind == WebKit2.PolicyDecisionType.RESPONSE:
        return False
    action = decision.get_navigation_action()
    control = action.get_modifiers() & Gdk.ModifierType.CONTROL_MASK and action.get_mouse_button() == 1
    if not control and kind != WebKit2.PolicyDecisionType.NEW_WINDOW_ACTION:
        return False
    add_tab()[1].load_request(action.get_request())
    decision.ignore()
    return True


def key(_window, event):
    if event.keyval == Gdk.KEY_Left and event.state & Gdk.ModifierType.MOD1_MASK:
        stack.get_visible_child().go_back()
        return True
    if event.keyval == Gdk.KEY_F5:
        stack.get_visible_child().reload()
        return True
    return False


def open_window(question):
    params = question["params"]
    global window, stack, context, settings
    context = WebKit2.WebContext.new_with_website_data_manager(data_of(params.get("profile")))
    context.set_preferred_languages(params["language"].split(","))
    if params.get("profile"):
        store = f"{params['profile']}/cookies.sqlite"
        context.get_cookie_manager().set_persistent_storage(store, WebKit2.CookiePersistentStorage.SQLITE)
    settings = WebKit2.Settings()
    settings.set_hardware_acceleration_policy(WebKit2.HardwareAccelerationPolicy.NEVER)
    settings.set_enable_javascript_markup(params["scripts"])
    window = Gtk.Window()
    window.set_default_size(params["width"], params["height"])
    window.move(0, 0)
    window.connect("key-press-event", key)
    stack = Gtk.Stack()
    column = Gtk.VBox()
    column.pack_start(Gtk.Entry(), False, False, 4)
    column.pack_start(stack, True, True, 0)
    window.add(column)
    tab, view = add_tab()
    window.show_all()
    view.grab_focus()
    return tab


def leave(_question):
    global window, stack, context, settings
    for view in tabs.values():
        view.terminate_web_process()
        view.destroy()
    tabs.clear()
    window.destroy()
    window = stack = context = settings = None


def show(question):
    tab = question["params"]["tab"]
    view = tabs[tab]
    stack.set_visible_child(view)
    view.grab_focus()


def goto(question):
    params = question["params"]
    tabs[params["tab"]].load_uri(params["url"])


def close(question):
    view = tabs.pop(question["params"]["tab"])
    stack.remove(view)
    view.destroy()


def evaluate(question):
    params = question["params"]

    def done(view, result):
        try:
            lines.answer(question, result=json.loads(view.evaluate_javascript_finish(result).to_string()))
        except (GLib.Error, ValueError) as error:
            lines.answer(question, error=str(error))

    expression = f"JSON.stringify(({params['expression']}) ?? null)"
    tabs[params["tab"]].evaluate_javascript(expression, -1, "seat", None, None, done)
    return NotImplemented


commands = {
    "evaluate": evaluate,
    "open": open_window,
    "goto": goto,
    "tabs": lambda _question: list(tabs),
    "show": show,
    "close": close,
    "leave": leave,
}


def obey(_source, _condition):
    questions = lines.read_questions()
    if questions is None:
        Gtk.main_quit()
        return False
    for question in questions:
        lines.obey(question, commands)
    return True


GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, 0, GLib.IO_IN | GLib.IO_HUP, obey)
Gtk.main()
