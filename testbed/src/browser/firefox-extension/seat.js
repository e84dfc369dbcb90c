/* Runs in Firefox's parent process: what an extension may not do by itself. */
/* global ExtensionAPI, Services, Cc, Ci */
this.seat = class extends ExtensionAPI {
  getAPI(context) {
    return {
      seat: {
        /**
         * Ends idle connections at once and the others after what they are busy with. Names are looked up again:
         * the next guest may have the other version of IP.
         */
        async disconnect() {
          Services.dns.clearCache(true);
          Services.obs.notifyObservers(null, 'net:prune-all-connections');
        },
        /** As the address bar does it: without a trace of this extension in what is sent. */
        async goto(tab, url) {
          const { linkedBrowser } = context.extension.tabManager.get(tab).nativeTab;
          linkedBrowser.fixupAndLoadURIString(url, {
            triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal(),
            hasValidUserGestureActivation: true,
          });
        },
        async prefer(preferences) {
          for (const [name, value] of Object.entries(preferences)) {
            if (typeof value === 'boolean') Services.prefs.setBoolPref(name, value);
            else if (typeof value === 'number') Services.prefs.setIntPref(name, value);
            else Services.prefs.setStringPref(name, value);
          }
        },
      },
    };
  }
};
