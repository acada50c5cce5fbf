import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Bouncy Castle as a peer: one command a line on standard input, one answer a line on standard output.
 *
 * <p>A line is a word and fields {@code name=base64}, separated by tabs. The answer is {@code ok} with fields, or
 * {@code no} with the field {@code message}: the class and the text of the exception. The program ends with its input.
 */
public final class Peer {
    /** What carries out one command. */
    interface Command {
        Fields run(Fields request) throws Exception;
    }

    private static final Map<String, Command> COMMANDS = new TreeMap<>();

    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        Keys.register(COMMANDS);
        Certificates.register(COMMANDS);
        Crls.register(COMMANDS);
        Ocsp.register(COMMANDS);
        Stores.register(COMMANDS);
        Messages.register(COMMANDS);
        Envelopes.register(COMMANDS);
        Timestamps.register(COMMANDS);
        Seals.register(COMMANDS);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(line));
        }
    }

    private static String answer(String line) {
        try {
            String[] parts = line.split("\t");
            Command command = COMMANDS.get(parts[0]);
            if (command == null) {
                throw new IllegalArgumentException("no command " + parts[0]);
            }
            return "ok" + command.run(Fields.parse(parts));
        } catch (Exception | LinkageError error) {
            return "no" + new Fields().put("message", describe(error));
        }
    }

    /** Give the exception and its causes on one line. */
    private static String describe(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            text.append(text.length() == 0 ? "" : " <- ").append(cause.getClass().getSimpleName());
            text.append(": ").append(cause.getMessage());
        }
        return text.toString();
    }

    /** The named values of a command or an answer. */
    static final class Fields {
        private final Map<String, byte[]> values = new TreeMap<>();

        static Fields parse(String[] parts) {
            Fields fields = new Fields();
            for (int i = 1; i < parts.length; i++) {
                int at = parts[i].indexOf('=');
                fields.values.put(parts[i].substring(0, at), Base64.getDecoder().decode(parts[i].substring(at + 1)));
            }
            return fields;
        }

        Fields put(String name, byte[] value) {
            values.put(name, value);
            return this;
        }

        Fields put(String name, String value) {
            return put(name, value.getBytes(StandardCharsets.UTF_8));
        }

        boolean has(String name) {
            return values.containsKey(name);
        }

        byte[] bytes(String name) {
            byte[] value = values.get(name);
            if (value == null) {
                throw new IllegalArgumentException("the field " + name + " is missing");
            }
            return value;
        }

        String text(String name) {
            return new String(bytes(name), StandardCharsets.UTF_8);
        }

        long number(String name) {
            return Long.parseLong(text(name));
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            values.forEach((name, value) ->
                    text.append('\t').append(name).append('=').append(Base64.getEncoder().encodeToString(value)));
            return text.toString();
        }
    }
}
