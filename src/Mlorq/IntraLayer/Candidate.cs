using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.IntraLayer;

/// <summary>One way to store one layer.</summary>
public abstract record Candidate
{
    private Candidate()
    {
    }

    /// <summary>Single precision, as it came.</summary>
    public sealed record Single : Candidate
    {
        /// <inheritdoc/>
        public override string ToString() => "fp32";
    }

    /// <summary>Half precision on disk; folds back to single precision when the file is loaded.</summary>
    public sealed record Half : Candidate
    {
        /// <inheritdoc/>
        public override string ToString() => "fp16";
    }

    /// <summary>Signed bytes with a half-precision scale for each row (all axes but the last).</summary>
    public sealed record Rows8 : Candidate
    {
        /// <inheritdoc/>
        public override string ToString() => "rows8";
    }

    /// <summary>The whole matrix in one low-bit format.</summary>
    /// <param name="Format">The format of W [out, in].</param>
    public sealed record Dense(WeightFormat Format) : Candidate
    {
        /// <inheritdoc/>
        public override string ToString() => Format.ToString();
    }

    /// <summary>The whole matrix with a narrow and a wide format, one of them for each row; both symmetric, with the same weights for a scale.</summary>
    /// <param name="Low">The format of the other rows, 2 or 3 bits.</param>
    /// <param name="High">The format of the rows whose error it lowers most, 3 or 4 bits.</param>
    /// <param name="HighRows">How many rows have it; which ones follows from the layer and its measure of errors.</param>
    public sealed record MixedRows(WeightFormat Low, WeightFormat High, int HighRows) : Candidate
    {
        /// <inheritdoc/>
        public override string ToString() => Describe(Low.ToString(), High.ToString(), HighRows);

        /// <summary>The name of a form: <c>q2g64, 48 rows q4g64</c>.</summary>
        internal static string Describe(string low, string high, long highRows) => $"{low}, {highRows} rows {high}";
    }

    /// <summary>Two factors: W ≈ Left [out, rank] · Right [rank, in].</summary>
    /// <param name="Rank">The rank.</param>
    /// <param name="Left">The format of the left factor.</param>
    /// <param name="Right">The format of the right factor.</param>
    public sealed record LowRank(int Rank, WeightFormat Left, WeightFormat Right) : Candidate
    {
        /// <inheritdoc/>
        public override string ToString() => $"r{Rank} {Left}·{Right}";
    }
}

/// <summary>A candidate with what it costs in bytes and in the layer's own output error.</summary>
/// <param name="Candidate">The candidate.</param>
/// <param name="SizeInBytes">Bytes that it takes in the file, nodes and names included.</param>
/// <param name="LocalError">The error in the layer's own measure, see <see cref="Quantization.ErrorMetric"/>.</param>
public sealed record ScoredCandidate(Candidate Candidate, long SizeInBytes, double LocalError)
{
    /// <summary>The time of its products in one run by a table of kernel times, see <see cref="Timing.LayerTimes"/>; 0 without one.</summary>
    public long Nanoseconds { get; init; }

    /// <summary>The layer rounded in this way; null where that was not done yet, or is not kept.</summary>
    internal RoundedLayer? Rounded { get; init; }
}
