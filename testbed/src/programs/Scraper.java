import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A price comparison agent on Java's own HttpClient. Arguments: CA file, pages, milliseconds between. */
public class Scraper {
    public static void main(String[] arguments) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null);
        try (FileInputStream file = new FileInputStream(arguments[0])) {
            trusted.setCertificateEntry("testbed", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        HttpClient client = HttpClient.newBuilder().sslContext(context).build();
        for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
            URI page = URI.create("https://shop.example/product/" + (100 + i % 48) + ".html");
            client.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.discarding());
            Thread.sleep(Long.parseLong(arguments[2]));
        }
    }
}
