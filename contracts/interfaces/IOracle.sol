// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The price of one smallest unit of collateral in smallest units of the loan asset, or a refusal.
/// @notice Prices are scaled by 1e36: value in loan units = collateral × price / 1e36. An oracle that cannot stand behind a
/// price reverts with the reason; it never guesses. A refusal blocks new risk and liquidation, never an exit.
interface IOracle {
    /// @notice `secondE36` is 0 where the second source failed to answer; `since` starts the clock that ends the hold.
    event DisagreementNoted(uint256 primaryE36, uint256 secondE36, uint256 since);

    /// @notice The price the primary feeds give, scaled 1e36; for display and for creation-time checks.
    /// Warning: neither the sequencer nor the second source is asked; nobody's money may depend on it.
    function price() external view returns (uint256 priceE36);

    /// @notice The price at which new risk is taken: the lower of the primary price and the second source, where one is named.
    /// Refuses while the sequencer's grace runs, the second source fails, or reserves do not cover the wrapper's supply.
    function borrowPrice() external view returns (uint256 priceE36);

    /// @notice The price at which collateral is sold: the primary price, never another. Reverts while the sequencer's grace
    /// runs, and while a disagreement between the sources holds liquidation back.
    function liquidationPrice() external view returns (uint256 priceE36);

    /// @notice Records that the sources disagree now, so that a hold on liquidation ends after the cap at the latest.
    /// Anyone may call; reverts when the sources agree or there is no second source.
    function noteDisagreement() external;

    /// @notice Last second of the latest sequencer's grace, past or running: prices are usable after it. 0 when no grace has
    /// run within memory, and during a false alarm. Reverts while the sequencer is down. The ramp of a default starts no earlier.
    function graceEndsAt() external view returns (uint256 timestamp);

    /// @notice Seconds since the oldest leg's last round; type(uint256).max where a leg cannot be read.
    function staleFor() external view returns (uint256 seconds_);

    /// @notice Longest grace after an outage (and longest belief in a report of one that fresh prices contradict), and longest
    /// time a disagreement that is noted may hold liquidation back; in seconds, fixed for a facility's life.
    function caps() external view returns (uint256 sequencerCap, uint256 disagreementCap);

    /// @notice The tokens this price is about, checked when a facility is created.
    function collateralAsset() external view returns (address);
    function loanAsset() external view returns (address);
}
