"""A small browser on Qt WebEngine (first argument: 5 or 6) for one guest after the other.

Takes commands {"id", "method", "params"} and answers {"id", "result" | "error"} (lines.py).
Pages see an ordinary Qt application: input comes through the display, and what is evaluated runs in a world of
its own.
"""

import json
import sys

import lines

if sys.argv[1] == "6":
    from PyQt6.QtCore import QSocketNotifier, QUrl
    from PyQt6.QtGui import QKeySequence, QShortcut
    from PyQt6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile, QWebEngineSettings
    from PyQt6.QtWebEngineWidgets import QWebEngineView
    from PyQt6.QtWidgets import QApplication, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

    READ = QSocketNotifier.Type.Read
    SCRIPTS = QWebEngineSettings.WebAttribute.JavascriptEnabled
    KEEP = QWebEngineProfile.PersistentCookiesPolicy.ForcePersistentCookies
else:
    from PyQt5.QtCore import QSocketNotifier, QUrl
    from PyQt5.QtGui import QKeySequence
    from PyQt5.QtWebEngineWidgets import QWebEnginePage, QWebEngineProfile, QWebEngineSettings, QWebEngineView
    from PyQt5.QtWidgets import QApplication, QLineEdit, QShortcut, QStackedWidget, QVBoxLayout, QWidget

    READ = QSocketNotifier.Read
    SCRIPTS = QWebEngineSettings.JavascriptEnabled
    KEEP = QWebEngineProfile.ForcePersistentCookies

# Of Chromium's worlds, the one that applications may use beside the page's.
APPLICATION_WORLD = 1

window = None
stack = None
profile = None
tabs = {}
made = 0


class Page(QWebEnginePage):
    def createWindow(self, _kind):
        return add_tab()[1].page()


def quality_list(language):
    """`de-DE,de,en` as browsers write it: `de-DE,de;q=0.9,en;q=0.8`."""
    names = language.split(",")
    return ",".join(name if i == 0 else f"{name};q={1 - i / 10:.1f}" for i, name in enumerate(names))


def add_tab():
    global made
    view = QWebEngineView()
    view.setPage(Page(profile, view))
    made += 1
    tabs[made] = view
    stack.addWidget(view)
    return made, view


def open_window(question):
    params = question["params"]
    global window, stack, profile
    if params.get("profile"):
        profile = QWebEngineProfile("kept", app)
        profile.setPersistentStoragePath(f"{params['profile']}/data")
        profile.setCachePath(f"{params['profile']}/cache")
        profile.setPersistentCookiesPolicy(KEEP)
    else:
        profile = QWebEngineProfile(app)
    profile.setHttpAcceptLanguage(quality_list(params["language"]))
    profile.settings().setAttribute(SCRIPTS, params["scripts"])
    window = QWidget()
    stack = QStackedWidget()
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(QLineEdit())
    column.addWidget(stack, 1)
    QShortcut(QKeySequence("Alt+Left"), window).activated.connect(lambda: stack.currentWidget().back())
    QShortcut(QKeySequence("F5"), window).activated.connect(lambda: stack.currentWidget().reload())
    tab, view = add_tab()
    window.setGeometry(0, 0, params["width"], params["height"])
    window.show()
    view.setFocus()
    return tab


def leave(_question):
    global window, stack, profile
    for view in tabs.values():
        view.page().deleteLater()
        view.deleteLater()
    tabs.clear()
    window.deleteLater()
    # A profile must go after its pages: events are handled in the order they were posted.
    profile.deleteLater()
    window = stack = profile = None


def show(question):
    tab = question["params"]["tab"]
    stack.setCurrentWidget(tabs[tab])
    tabs[tab].setFocus()


def goto(question):
    params = question["params"]
    tabs[params["tab"]].load(QUrl(params["url"]))


def close(question):
    view = tabs.pop(question["params"]["tab"])
    stack.removeWidget(view)
    view.page().deleteLater()
    view.deleteLater()


def evaluate(question):
    params = question["params"]
    expression = f"JSON.stringify(({params['expression']}) ?? null)"
    page = tabs[params["tab"]].page()
    page.runJavaScript(
        expression, APPLICATION_WORLD, lambda text: lines.answer(question, result=json.loads(text or "null"))
    )
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


def obey(*_socket):
    questions = lines.read_questions()
    if questions is None:
        app.quit()
        return
    for question in questions:
        lines.obey(question, commands)


app = QApplication(sys.argv)
app.setQuitOnLastWindowClosed(False)
notifier = QSocketNotifier(0, READ)
notifier.activated.connect(obey)
app.exec() if sys.argv[1] == "6" else app.exec_()
