import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Runs an errand with HttpsURLConnection. Arguments: CA file, site, errand. */
public class UrlConnectionErrand {
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
        for (String line : Files.readAllLines(Path.of(arguments[2]))) {
            String[] fields = line.split("\t", -1);
            if (fields[0].equals("header")) continue;
            Thread.sleep((long) (Double.parseDouble(fields[0]) * 1000));
            HttpsURLConnection connection = (HttpsURLConnection) new URL(arguments[1] + fields[2]).openConnection();
            connection.setSSLSocketFactory(context.getSocketFactory());
            connection.setRequestMethod(fields[1]);
            if (fields[1].equals("POST")) {
                connection.setDoOutput(true);
                connection.getOutputStream().write(fields[3].getBytes(StandardCharsets.UTF_8));
            }
            boolean failed = connection.getResponseCode() >= 400;
            try (InputStream body = failed ? connection.getErrorStream() : connection.getInputStream()) {
                if (body != null) body.readAllBytes();
            }
        }
    }
}
