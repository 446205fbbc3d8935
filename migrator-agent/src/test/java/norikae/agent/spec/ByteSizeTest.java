package norikae.agent.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {

    @ParameterizedTest
    @CsvSource({"4096B,4096", "1KiB,1024", "512MiB,536870912", "1.5 GiB,1610612736", "2TiB,2199023255552"})
    void readsSizes(String text, long bytes) {
        assertThat(ByteSize.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "MiB", "-1MiB", "1MB", "1mib", "1,5GiB", "1e3MiB", "999999999999999TiB"})
    void refusesOthers(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void writesSizes() {
        assertThat(ByteSize.format(0)).isEqualTo("0 B");
        assertThat(ByteSize.format(999)).isEqualTo("999 B");
        assertThat(ByteSize.format(1500)).isEqualTo("1.5 KiB");
        assertThat(ByteSize.format(61L << 20)).isEqualTo("61 MiB");
        assertThat(ByteSize.format(5L << 30)).isEqualTo("5.0 GiB");
    }
}
