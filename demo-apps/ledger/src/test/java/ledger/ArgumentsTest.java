package ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {
    private static Arguments arguments(String... args) {
        return new Arguments("test")
                .option("size", "SIZE", "1m", "a size")
                .option("wait", "TIME", "3", "a time")
                .parse(args);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "17,17", "2k,2048", "200m,209715200", "200MB,209715200", "1g,1073741824"})
    void readsSizes(String text, long bytes) {
        assertThat(arguments("--size", text).bytes("size")).isEqualTo(bytes);
    }

    @Test
    void readsDurationsInTheUnitThatIsMeantWhereNoneIsGiven() {
        assertThat(arguments().duration("wait", "s")).isEqualTo(Duration.ofSeconds(3));
        assertThat(arguments().duration("wait", "ms")).isEqualTo(Duration.ofMillis(3));
        assertThat(arguments("--wait", "2m").duration("wait", "s")).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void namesOptionValueAndWhatIsWanted() {
        assertThatThrownBy(() -> arguments("--size", "big").bytes("size"))
                .hasMessage("--size 'big' is not a size such as 512k, 200m or 1g");
        assertThatThrownBy(() -> arguments("--size", "999999999999999g").bytes("size"))
                .hasMessage("--size '999999999999999g' is not a size that fits into 63 bits");
        assertThatThrownBy(() -> arguments("--size")).hasMessage("--size needs a value: --size SIZE");
        assertThatThrownBy(() -> arguments("port")).hasMessage("unexpected argument 'port'; see --help");
    }
}
