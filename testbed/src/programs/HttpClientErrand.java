import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Runs an errand with Java's own HttpClient. Arguments: CA file, site, errand. */
public class HttpClientErrand {
    static SSLContext trusting(String authority) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null);
        try (FileInputStream file = new FileInputStream(authority)) {
            trusted.setCertificateEntry("testbed", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newBuilder().sslContext(trusting(arguments[0])).build();
        for (String line : Files.readAllLines(Path.of(arguments[2]))) {
            String[] fields = line.split("\t", -1);
            if (fields[0].equals("header")) continue;
            Thread.sleep((long) (Double.parseDouble(fields[0]) * 1000));
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(arguments[1] + fields[2]));
            if (fields[1].equals("POST")) {
                request.header("Content-Type", "application/x-www-form-urlencoded");
                request.POST(BodyPublishers.ofString(fields[3]));
            }
            client.send(request.build(), HttpResponse.BodyHandlers.discarding());
        }
    }
}
